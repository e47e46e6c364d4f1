import { describe, expect, it } from "vitest";
import { NO_FILTERS, active, asQuery, filtersOf, idOf, parameters, toggled } from "@/pages/activity/filters";

const NOW = Date.parse("2026-01-31T12:00:00Z");

describe("IDs", () => {
  it.each(["", " ", "x", "0", "-3", "1.5", "1e3", "9".repeat(16), "9".repeat(30)])("“%s” is none", (text) => expect(idOf(text)).toBeNull());
  it("is a whole number from 1 on", () => expect([idOf("1"), idOf(" 240 "), idOf("007")]).toEqual([1, 240, 7]));
});

describe("filtersOf", () => {
  it.each(["constructor", "toString", "__proto__"])("knows no length of time by the name of %s", (last) => expect(filtersOf({ last })).toEqual(NO_FILTERS));
  it("takes what means nothing for absent", () => {
    const odd = { status: "6xx,DROP", last: "1y", start: "yesterday", end: "2026-99-99T99:99", min_id: "0", max_id: "-1", q: "  ", model: ",", old: "x" };
    expect(filtersOf(odd)).toEqual(NO_FILTERS);
    expect(parameters(filtersOf(odd), NOW)).toEqual({});
  });
  it("does not mix a length of time with bounds", () => expect(filtersOf({ last: "1h", start: "2026-01-31T12:00" })).toMatchObject({ last: "1h", start: "" }));
  it("has no text longer than the server takes", () => expect(filtersOf({ q: "x".repeat(300) }).q).toHaveLength(200));
});

describe("asQuery", () => {
  it("is read back as it was", () => {
    const filters = {
      ...NO_FILTERS, models: ["org/omega v1", "a,b", "50%2C", "%"], statuses: ["5xx" as const, "none" as const], start: "2026-01-31T12:00", q: "50% of", minId: 3, key: "tv",
    };
    expect(filtersOf(asQuery(filters))).toEqual(filters);
  });
  it("says that parts are gone", () => expect(asQuery(NO_FILTERS)).toEqual({ model: "", status: "", last: "", start: "", end: "", q: "", key: "", min_id: "", max_id: "" }));
});

describe("parameters", () => {
  it("counts back from now", () => expect(parameters(filtersOf({ last: "1h" }), NOW)).toEqual({ start: "2026-01-31T11:00:00.000Z" }));
  it("takes local times, to the end of the minute", () => {
    const { start, end } = parameters(filtersOf({ start: "2026-01-31T12:00", end: "2026-01-31T12:05" }), NOW);
    expect(Date.parse(String(end)) - Date.parse(String(start))).toBe(5 * 60_000 + 59_000);
    expect(start).toBe(new Date("2026-01-31T12:00").toISOString());
  });
  it("sends every part", () =>
    expect(parameters(filtersOf({ model: "a,b", status: "4xx,5xx", q: "x", min_id: "2", max_id: "9", key: "tv" }), NOW)).toEqual({
      model: ["a", "b"], status: ["4xx", "5xx"], q: "x", min_id: "2", max_id: "9", key: "tv",
    }));
});

describe("active", () => {
  it("counts bounds as one", () => expect(active(filtersOf({ model: "a", q: "x", min_id: "2", max_id: "9", last: "1h" }))).toEqual(["q", "models", "time", "ids"]));
  it("is nothing at first", () => expect(active(NO_FILTERS)).toEqual([]));
});

it("toggles", () => expect([toggled(["a"], "b"), toggled(["a", "b"], "a")]).toEqual([["a", "b"], ["b"]]));
