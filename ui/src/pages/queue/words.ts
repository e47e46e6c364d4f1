import { words } from "../../i18n";

export const t = words("queue", {
  title: "Queue",
});
