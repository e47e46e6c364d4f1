import { words } from "../../i18n";

export const t = words("hardware", {
  title: "Hardware",
});
