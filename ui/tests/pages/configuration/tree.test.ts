import { expect, it } from "vitest";
import { found, pieces, sectionsOf, settingsIn } from "@/pages/configuration/tree";

const CONFIG = {
  logLevel: "info",
  allowedHosts: ["box"],
  limits: { bodyBytes: 5, keepAlive: 2 },
  models: { a: { cmd: "serve --port 1", ttl: 0, env: [] }, b: { cmd: "other" } },
  apiKeys: [{ name: "boss", key: "(not shown)" }, { scopes: ["read"] }],
  selectors: {},
};

it("puts what stands alone into one section, and makes one of everything else", () => {
  const sections = sectionsOf(CONFIG, "General");
  expect(sections.map(({ name, nodes }) => [name, nodes.map(({ key }) => key)])).toEqual([
    ["General", ["logLevel", "allowedHosts", "selectors"]],
    ["limits", ["bodyBytes", "keepAlive"]],
    ["models", ["a", "b"]],
    ["apiKeys", ["boss", "2"]],
  ]);
});

it("knows lists and empty values from each other", () => {
  const [general] = sectionsOf(CONFIG, "General");
  expect(general?.nodes.map(({ values, listed }) => [values, listed ?? false])).toEqual([
    [["info"], false],
    [["box"], true],
    [[], false],
  ]);
});

it("counts settings at any depth", () => {
  expect(sectionsOf(CONFIG, "General").map(({ nodes }) => settingsIn(nodes))).toEqual([3, 2, 4, 3]);
});

it("finds by path and by value, in any case", () => {
  const sections = sectionsOf(CONFIG, "General");
  const names = (text: string): unknown => found(sections, text).map(({ name, nodes }) => [name, nodes.map(({ below }) => below.map(({ key }) => key))]);
  expect(names("SERVE")).toEqual([["models", [["cmd"]]]]);
  expect(names("models.b")).toEqual([["models", [["cmd"]]]]);
  expect(names("limits")).toEqual([["limits", [[], []]]]);
  expect(names("nowhere")).toEqual([]);
  expect(found(sections, "  ")).toEqual(sections);
});

it("marks what is masked", () => {
  expect(pieces("a ${env.X} b (not shown)")).toEqual([
    { text: "a ", masked: false },
    { text: "${env.X}", masked: true },
    { text: " b ", masked: false },
    { text: "(not shown)", masked: true },
  ]);
  expect(pieces("${other}")).toEqual([{ text: "${other}", masked: false }]);
  expect(pieces("")).toEqual([]);
});
