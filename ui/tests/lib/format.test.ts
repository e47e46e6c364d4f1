import { describe, expect, it } from "vitest";
import { ago, bytes, clock, contextSize, duration, seconds, speed } from "@/lib/format";

describe("contextSize", () => {
  it.each([
    [512, "512"],
    [8192, "8K"],
    [128000, "128K"],
    [131072, "128K"],
    [1_500_000, "1.5M"],
    [1_048_576, "1M"],
    [0, ""],
    [-1, ""],
    [Number.NaN, ""],
  ])("%d tokens are %s", (tokens, text) => expect(contextSize(tokens)).toBe(text));
});

describe("times", () => {
  it("shows seconds with two digits", () => expect(seconds(1500)).toBe("1.50s"));
  it("shows less than a second in ms", () => expect(duration(850)).toBe("850 ms"));
  it("shows minutes as a clock", () => expect(duration(125_000)).toBe("2:05"));
  it("shows hours as a clock", () => expect(clock(3725)).toBe("1:02:05"));
  it.each([
    [4_999, "now"],
    [59_000, "59s ago"],
    [61_000, "1m ago"],
    [7_200_000, "2h ago"],
    [-5_000, "now"],
  ])("%d ms ago is %s", (passed, text) => expect(ago(0, passed)).toBe(text));
});

describe("speed", () => {
  it("is unknown below zero", () => expect(speed(-1)).toBe("unknown"));
  it("has two digits", () => expect(speed(0)).toBe("0.00 t/s"));
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [1536, "1.5 KiB"],
    [200 * 1024 * 1024, "200 MiB"],
  ])("%d are %s", (value, text) => expect(bytes(value)).toBe(text));
});
