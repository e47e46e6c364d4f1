import { words } from "../../i18n";

export const t = words("markdown", {
  code: "code",
  codeIn: (language: string) => (language ? `Code in ${language}` : "Code"),
  copyCode: "Copy",
  badFormula: "This is not a formula that can be drawn.",
  openImage: (host: string) => `Open the image at ${host} in a new tab`,
  done: "Done",
  notDone: "Not done",
  table: "Table",
  note: (number: number) => `Footnote ${number}`,
  noteBack: (number: number) => `Back to where footnote ${number} is referred to`,
});
