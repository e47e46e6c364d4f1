import { words } from "../../i18n";

export const t = words("logs", {
  title: "Logs",
});
