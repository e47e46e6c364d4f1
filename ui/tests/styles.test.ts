import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "../src");

/** The classes at whose elements the rules of a style sheet begin. */
function owned(css: string): Set<string> {
  const plain = css.replace(/\/\*.*?\*\//gs, "");
  const selectors = [...plain.matchAll(/([^{}]+)\{/g)].flatMap(([, found]) => (found ?? "").split(","));
  return new Set(selectors.map((selector) => /^\s*\.([\w-]+)/.exec(selector)?.[1] ?? "").filter(Boolean));
}

/** A page, or a file of the parts that pages share. */
function ownerOf(file: string): string {
  const [folder, page = ""] = file.split("/");
  return folder === "pages" ? page : file;
}

it("has no class that two pages style: all styles are in one file", () => {
  const owners = new Map<string, Set<string>>();
  const sheets = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => /^(pages|parts)\/.*\.css$/.test(name));
  for (const file of sheets) {
    for (const name of owned(readFileSync(join(SOURCES, file), "utf8"))) owners.set(name, (owners.get(name) ?? new Set()).add(ownerOf(file)));
  }
  const shared = [...owners].filter(([, those]) => those.size > 1).map(([name, those]) => `${name}: ${[...those].sort().join(", ")}`);
  expect(owners.size).toBeGreaterThan(100);
  expect(shared).toEqual([]);
});
