import { beforeEach, expect, it, vi } from "vitest";
import { PREFIX, differing, stored } from "@/lib/stored";

class Memory implements Storage {
  private kept = new Map<string, string>();
  [name: string]: unknown;
  get length(): number {
    return this.kept.size;
  }
  clear(): void {
    this.kept.clear();
  }
  getItem(key: string): string | null {
    return this.kept.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.kept.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.kept.delete(key);
  }
  setItem(key: string, value: string): void {
    this.kept.set(key, value);
  }
}

let memory: Memory;

beforeEach(() => {
  memory = new Memory();
  vi.stubGlobal("localStorage", memory);
});

it("writes nothing before something differs from the defaults", () => {
  stored("a", { size: 25 });
  expect(memory.length).toBe(0);
});

it("keeps what differs, and forgets it when it is the default again", () => {
  const kept = stored("a", { size: 25, open: true });
  kept.size.value = 50;
  expect(memory.getItem(`${PREFIX}a`)).toBe('{"size":50}');
  expect(stored("a", { size: 25, open: true }).size.value).toBe(50);
  kept.size.value = 25;
  expect(memory.getItem(`${PREFIX}a`)).toBeNull();
});

it.each(['{"size":"50"}', '{"size":null}', "[]", "damaged", '{"other":1}'])("takes the default for %s", (text) => {
  memory.setItem(`${PREFIX}a`, text);
  expect(stored("a", { size: 25 }).size.value).toBe(25);
});

it("asks what is valid", () => {
  memory.setItem(`${PREFIX}a`, '{"size":7}');
  const valid = { size: (value: unknown): value is number => value === 25 || value === 50 };
  expect(stored("a", { size: 25 }, valid).size.value).toBe(25);
});

it("tells what differs, by content", () => expect(differing({ a: [1], b: 2 }, { a: [1], b: 1 })).toEqual({ b: 2 }));

it("leaves what another tab has kept meanwhile", () => {
  const defaults = { size: 25, open: true };
  const [one, other] = [stored("a", defaults), stored("a", defaults)];
  one.size.value = 50;
  other.open.value = false;
  expect(memory.getItem(`${PREFIX}a`)).toBe('{"size":50,"open":false}');
  other.open.value = true;
  expect(memory.getItem(`${PREFIX}a`)).toBe('{"size":50}');
});

it("follows other tabs, but for what is each tab's own", () => {
  const tab = new EventTarget();
  vi.stubGlobal("window", tab);
  const [followed, own] = [stored("a", { size: 25 }), stored("b", { size: 25 }, {}, { follow: false })];
  for (const area of ["a", "b"]) tab.dispatchEvent(Object.assign(new Event("storage"), { key: PREFIX + area, newValue: '{"size":50}' }));
  expect([followed.size.value, own.size.value]).toEqual([50, 25]);
});
