import { words } from "../../i18n";

export const t = words("configuration", {
  title: "Configuration",
});
