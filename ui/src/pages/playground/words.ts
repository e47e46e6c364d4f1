import { words } from "../../i18n";

export const t = words("playground", {
  title: "Playground",
});
