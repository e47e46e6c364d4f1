import { describe, expect, it } from "vitest";
import { LONGEST_LINE, Painter, indexed, styled, type Line, type Style } from "../../../src/pages/logs/ansi";

const ESC = "\x1b";

/** Every line of `text`, also one without an end. */
function lines(...pieces: string[]): Line[] {
  const painter = new Painter();
  const done = pieces.flatMap((piece) => painter.feed(piece));
  const open = painter.open();
  return open ? [...done, open] : done;
}

function texts(...pieces: string[]): string[] {
  return lines(...pieces).map(({ text }) => text);
}

function looks(text: string): [string, Style][] {
  return lines(text).flatMap((line) => line.spans.map(({ from, to, style }): [string, Style] => [line.text.slice(from, to), style]));
}

describe("lines", () => {
  it("end with a line feed, with or without a carriage return before it", () => {
    expect(texts("a\nb\r\n\nc")).toEqual(["a", "b", "", "c"]);
  });
  it("are the same however the text is cut", () => {
    const text = `a${ESC}[1;31mred${ESC}[0m\r\nplain ${ESC}]0;title${ESC}\\tail\rhead\n\x9b32mg${ESC}[mx`;
    const whole = lines(text);
    for (let at = 1; at < text.length; at += 1) expect(lines(text.slice(0, at), text.slice(at))).toEqual(whole);
    expect(lines(...Array.from(text))).toEqual(whole);
  });
  it("are written over from the beginning after a carriage return", () => {
    expect(texts("10%\r20%\r30%")).toEqual(["30%"]);
    expect(texts("loading...\rdone\n")).toEqual(["doneing..."]);
    expect(texts(`loading...\r${ESC}[Kdone\n`)).toEqual(["done"]);
    expect(lines(`${ESC}[31mabcdef\r${ESC}[0mxy`)).toEqual([{ text: "xycdef", spans: [{ from: 2, to: 6, style: { fore: 1 } }] }]);
  });
  it("are cut where they are too long", () => {
    const [first, second] = texts("x".repeat(LONGEST_LINE + 5));
    expect([first?.length, second?.length]).toEqual([LONGEST_LINE, 5]);
  });
});

describe("styles", () => {
  it("hold from their sequence to their end", () => {
    expect(lines(`${ESC}[1;31mred${ESC}[0m plain`)).toEqual([{ text: "red plain", spans: [{ from: 0, to: 3, style: { bold: true, fore: 1 } }] }]);
    expect(looks(`${ESC}[31ma${ESC}[mb`)).toEqual([["a", { fore: 1 }]]);
  });
  it("go on in the next line", () => {
    const look: Style = { italic: true, strike: true };
    expect(looks(`${ESC}[3;9ma\nb`)).toEqual([["a", look], ["b", look]]);
  });
  it("are merged where neighbours look the same", () => {
    expect(looks(`${ESC}[32ma${ESC}[32mb`)).toEqual([["ab", { fore: 2 }]]);
  });
  it("know faint, inverse, bright colours and backgrounds", () => {
    expect(looks(`${ESC}[2;7;94;101mx`)).toEqual([["x", { faint: true, inverse: true, fore: 12, back: 9 }]]);
    const look: Style = { bold: true, faint: true };
    expect(looks(`${ESC}[1;2mx${ESC}[22my`)).toEqual([["x", look]]);
  });
  it("know 256 colours and any colour, with semicolons and with colons", () => {
    expect(indexed(196)).toBe("rgb(255,0,0)");
    expect(indexed(244)).toBe("rgb(128,128,128)");
    expect([indexed(9), indexed(256), indexed(-1)]).toEqual([9, null, null]);
    for (const code of ["38;2;1;2;3", "38:2:1:2:3", "38:2::1:2:3"]) expect(styled({}, code)).toEqual({ fore: "rgb(1,2,3)" });
    for (const code of ["48;5;196", "48:5:196"]) expect(styled({}, code)).toEqual({ back: "rgb(255,0,0)" });
    expect(styled({}, "58;5;1;1")).toEqual({ bold: true });
    expect(styled({}, "4:3")).toEqual({ underline: true });
    expect(styled({ underline: true }, "4:0")).toEqual({});
  });
  it("are one object where they are the same", () => {
    expect(styled({}, "1;31")).toBe(styled({ bold: true }, "31"));
  });
});

describe("other sequences", () => {
  it("are dropped: movements, titles, links, character sets, control characters", () => {
    expect(texts(`a${ESC}[2Kb`)).toEqual(["ab"]);
    expect(texts(`${ESC}]0;title\x07x${ESC}]8;;http://e.x${ESC}\\link${ESC}]8;;${ESC}\\`)).toEqual(["xlink"]);
    expect(texts(`${ESC}(B${ESC}7a${ESC}[10;5Hb${ESC}Pq#0${ESC}\\c\x00\x08\x7fd`)).toEqual(["abcd"]);
  });
  it("do not swallow the lines behind them when they have no end", () => {
    expect(texts(`${ESC}]0;title\nnext\n`)).toEqual(["", "next"]);
    expect(texts(`${ESC}[`, "x".repeat(10), "\nnext\n").at(-1)).toBe("next");
    expect(texts(ESC + "]" + "y".repeat(10_000), "\nnext\n").at(-1)).toBe("next");
  });
  it("end where another begins, so that no text is searched once for each of them", () => {
    expect(texts("\x90one\x98two\x9fthree\x9cafter\n")).toEqual(["after"]);
    for (const letter of ["\x90", "\x98", "\x9e", "\x9f"]) expect(texts(`${letter.repeat(64_000)}\nabc`)).toEqual(["", "abc"]);
    expect(texts(`${"\x90".repeat(64_000)}${ESC}Aabc\n`)).toEqual(["abc"]);
  });
  it("are none when they are too long, with or without an end", () => {
    expect(texts(`\x90${"x".repeat(4096)}\x9cafter\n`)).toEqual(["after"]);
    expect(texts(`\x90${"x".repeat(5000)}\x9cafter\n`)).toEqual([`${"x".repeat(5000)}after`]);
  });
  it("leave markup alone", () => {
    expect(texts(`${ESC}[31m<b onclick="x">${ESC}[0m`)).toEqual(['<b onclick="x">']);
  });
});
