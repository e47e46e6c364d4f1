import { describe, expect, it } from "vitest";
import { cell, markdown, weightedSpeed } from "@/pages/activity/export";
import { COLUMNS, drafted, kindOfStatus, type Row } from "@/pages/activity/rows";

function row(more: Partial<Row> = {}, tokens: Partial<Row["tokens"]> = {}): Row {
  return {
    id: 1, timestamp: "2026-01-31T12:00:00Z", model: "alpha", req_path: "/v1/x", resp_content_type: "", resp_status_code: 200, duration_ms: 1500, has_capture: true,
    tokens: { input_tokens: 0, output_tokens: 0, cache_tokens: -1, draft_tokens: -1, draft_acc_tokens: -1, prompt_per_second: -1, tokens_per_second: -1, ...tokens },
    ...more,
  };
}

describe("weightedSpeed", () => {
  it("is by time, not by rows", () => expect(weightedSpeed([{ tokens: 200, speed: 100 }, { tokens: 300, speed: 300 }])?.toFixed(2)).toBe("166.67"));
  it("leaves out what has no tokens or no speed", () => expect(weightedSpeed([{ tokens: 200, speed: 100 }, { tokens: 0, speed: 9 }, { tokens: 9, speed: 0 }, { tokens: 9, speed: -1 }])).toBe(100));
  it("is unknown without any", () => expect(weightedSpeed([{ tokens: 5, speed: 0 }])).toBeNull());
});

it("escapes pipes and stays in one line", () => expect(cell("a|b\nc")).toBe("a\\|b c"));

describe("markdown", () => {
  const rows = [row({}, { output_tokens: 200, tokens_per_second: 100 }), row({ id: 2, model: "a|b", error_msg: "x\r\ny" }, { output_tokens: 300, tokens_per_second: 300 })];
  it("has a summary, the columns in order without captures, and where it is from", () => {
    const wanted = ["model", "capture", "id", "error"].flatMap((id) => COLUMNS.filter((column) => column.id === id));
    const text = markdown(rows, wanted, 0);
    expect(text).toContain("| Generated | 500 (166.67 t/s) |");
    expect(text).toContain("| Total duration | 3.00s |");
    expect(text).toContain("| Model | ID | Error |\n| --- | --- | --- |\n| alpha | 1 | – |\n| a\\|b | 2 | x y |");
    expect(text.trimEnd().split("\n").at(-1)).toMatch(/^Exported from llamaswap, \d{4}-/);
  });
  it("has no table without columns", () => {
    const text = markdown(rows, [], 0);
    expect(text).toContain("| Summary | Value |");
    expect(text.match(/^\| ---/gm)).toHaveLength(1);
    expect(text).toContain("Exported from");
  });
  it("shows absolute times", () => expect(markdown(rows, COLUMNS.filter(({ id }) => id === "time"), Date.parse("2026-01-31T12:00:03Z"))).toMatch(/\| 2026-01-31 \d\d:00:00 \|/));
});

it("says how much of a draft was accepted", () => expect([drafted(7, 10), drafted(0, 0), drafted(-1, 5)]).toEqual(["70.0 % (7/10)", "–", "–"]));

it.each([
  [200, "", "good"],
  [200, "broke off", "bad"],
  [404, "x", "warn"],
  [502, "x", "bad"],
  [0, "", "bad"],
  [304, "", "calm"],
])("takes status %d with the error “%s” for %s", (status, error, kind) => expect(kindOfStatus(row({ resp_status_code: status, ...(error ? { error_msg: error } : {}) }))).toBe(kind));
