import { words } from "../../i18n";

export const t = words("models", {
  title: "Models",
});
