import { expect, it } from "vitest";
import { chosen, translated } from "@/i18n";

it("says in English what a language lacks, at every depth", () => {
  const english = { title: "Queue", pages: { logs: "Logs", queue: "Queue" } };
  expect(translated(english, { pages: { logs: "Protokolle" } })).toEqual({ title: "Queue", pages: { logs: "Protokolle", queue: "Queue" } });
});

it("takes no text for a group of texts", () => expect(translated({ pages: { logs: "Logs" } }, { pages: "Seiten" })).toEqual({ pages: { logs: "Logs" } }));

it("prefers the first language that there is", () => {
  expect(chosen(["fr-CA", "de-AT", "en"], ["de"])).toBe("de");
  expect(chosen(["en-GB", "de"], ["de"])).toBe("en");
  expect(chosen(["fr"], ["de"])).toBe("en");
});
