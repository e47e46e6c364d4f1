import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "../../src");

/** Every class that a rule of this style begins with. */
function leaders(style: string): Set<string> {
  const rules = style.replace(/\/\*.*?\*\//gs, "").matchAll(/([^{}]+)\{/g);
  const selectors = [...rules].flatMap(([, list = ""]) => list.split(","));
  return new Set(selectors.flatMap((selector) => /^\s*\.([\w-]+)/.exec(selector)?.[1] ?? []));
}

it("gives every class of pages and of larger parts to one style alone, as all styles are in force on every page", () => {
  const owners = new Map<string, string[]>();
  for (const folder of ["pages", "parts"]) {
    const files = readdirSync(join(SOURCES, folder), { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => name.endsWith(".css"))) {
      for (const name of leaders(readFileSync(join(SOURCES, folder, file), "utf8"))) {
        owners.set(name, [...(owners.get(name) ?? []), `${folder}/${file}`]);
      }
    }
  }
  const shared = readdirSync(join(SOURCES, "styles")).map((file) => leaders(readFileSync(join(SOURCES, "styles", file), "utf8")));
  const common = new Set(shared.flatMap((names) => [...names]));
  const doubtful = [...owners].filter(([name, files]) => files.length > 1 && !common.has(name));
  expect(doubtful).toEqual([]);
});
