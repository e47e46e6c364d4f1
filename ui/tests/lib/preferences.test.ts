import { expect, it } from "vitest";
import { exported, forget, imported } from "@/lib/preferences";

function shelf(kept: Record<string, string>): Storage {
  const values: Record<string, string> = { ...kept };
  const methods = {
    getItem: (name: string) => values[name] ?? null,
    setItem: (name: string, value: string) => {
      values[name] = value;
      Object.assign(storage, values);
    },
    removeItem: (name: string) => {
      Reflect.deleteProperty(values, name);
      Reflect.deleteProperty(storage, name);
    },
  };
  const storage = Object.create(methods, {}) as Storage;
  return Object.assign(storage, values);
}

const kept = (storage: Storage): string[] => Object.keys(storage).sort();

it("takes preferences from one browser to another", () => {
  const one = shelf({ "llamaswap.v1.look": '{"mode":"dark"}', "llamaswap.v1.models": '{"sort":"name"}', other: "x" });
  const other = shelf({ "llamaswap.v1.logs": '{"wrap":true}', theirs: "y" });
  expect(imported(other, exported(one))).toBe(true);
  expect(kept(other)).toEqual(["llamaswap.v1.look", "llamaswap.v1.models", "theirs"]);
  expect(other.getItem("llamaswap.v1.look")).toBe('{"mode":"dark"}');
});

it("changes nothing for what is no such document", () => {
  const own = shelf({ "llamaswap.v1.look": '{"mode":"dark"}' });
  for (const text of ["", "{", "[]", "{}", '{"format":"llamaswap.v2","areas":{}}', '{"format":"llamaswap.v1","areas":{"look":3}}', "x".repeat(1_000_001)]) {
    expect(imported(own, text)).toBe(false);
  }
  expect(own.getItem("llamaswap.v1.look")).toBe('{"mode":"dark"}');
});

it("forgets what is ours, and nothing else", () => {
  const own = shelf({ "llamaswap.v1.look": "{}", theirs: "y" });
  forget(own);
  expect(kept(own)).toEqual(["theirs"]);
});
