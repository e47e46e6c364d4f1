import { words } from "../../i18n";

export const t = words("activity", {
  title: "Activity",
});
