import { words } from "../../i18n";

export const t = words("performance", {
  title: "Performance",
});
