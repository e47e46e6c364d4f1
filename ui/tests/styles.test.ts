import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const PAGES = join(import.meta.dirname, "../src/pages");

/** The classes at whose elements the rules of a style sheet begin. */
function owned(css: string): Set<string> {
  const plain = css.replace(/\/\*.*?\*\//gs, "");
  const selectors = [...plain.matchAll(/([^{}]+)\{/g)].flatMap(([, found]) => (found ?? "").split(","));
  return new Set(selectors.map((selector) => /^\s*\.([\w-]+)/.exec(selector)?.[1] ?? "").filter(Boolean));
}

it("has no class that two pages style: all styles are in one file", () => {
  const owners = new Map<string, Set<string>>();
  for (const file of readdirSync(PAGES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".css"))) {
    for (const name of owned(readFileSync(join(PAGES, file), "utf8"))) owners.set(name, (owners.get(name) ?? new Set()).add(file.split("/")[0] ?? ""));
  }
  const shared = [...owners].filter(([, pages]) => pages.size > 1).map(([name, pages]) => `${name}: ${[...pages].sort().join(", ")}`);
  expect(shared).toEqual([]);
});
