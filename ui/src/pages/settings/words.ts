import { words } from "../../i18n";

export const t = words("settings", {
  title: "Settings",
});
