import { expect, it } from "vitest";
import { tooWild } from "@/parts/markdown/bounds";
import { definitionsOf } from "@/parts/markdown/definitions";
import { parse } from "@/parts/markdown/parse";
import { wholeOf } from "@/parts/markdown/split";

const NONE = { links: {}, notes: {} };
const html = (source: string): string => parse(source, NONE).html;

it("shows raw HTML as text", () => {
  expect(html('a <b onclick="x()">c</b>')).toContain("&lt;b onclick=");
  expect(html("<script>alert(1)</script>")).not.toContain("<script");
});

it.each(["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//host/x", "file:///etc", "/relative", "#fragment"])("links nowhere by %s", (href) =>
  expect(html(`[text](${href})`)).not.toContain("<a"),
);

it("links to the web and to mail", () => {
  expect(html("[a](https://example.org/?a=1&b=2)")).toContain('<a href="https://example.org/?a=1&amp;b=2">a</a>');
  expect(html("me@example.org")).toContain('href="mailto:me@example.org"');
});

it("has slots for what is more than text", () => {
  const { html: markup, slots } = parse("![alt](https://x.test/a.png) $x^2$ and\n\n    indented $y$", NONE);
  expect(slots).toEqual([
    { is: "image", address: "https://x.test/a.png", alt: "alt" },
    { is: "formula", tex: "x^2", display: false },
    { is: "code", source: "indented $y$", language: "" },
  ]);
  expect(markup).not.toContain("img");
});

it("leaves code alone", () => expect(html("`$a$ and \\(b\\)`")).toContain("<code>$a$ and \\(b\\)</code>"));
it("leaves prices alone", () => expect(parse("It is $5 and $6, or US$7.", NONE).slots).toEqual([]));
it("knows tables, tasks and strikes", () => expect(html("|a|\n|-|\n|b|\n\n- [x] c\n\n~~d~~")).toMatch(/<table>[^]*<input[^>]*checked[^]*<del>/));

it("finds what blocks refer to elsewhere", () => {
  const blocks = wholeOf("See [it][Ref] and[^n] more[^m].\n\n[ref]: https://example.org\n\n[^m]: M\n[^n]: N\n");
  const definitions = definitionsOf(blocks);
  expect(definitions).toEqual({ links: { ref: "https://example.org" }, notes: { n: 1, m: 2 } });
  const { html: markup, slots } = parse(blocks[0]?.source ?? "", definitions);
  expect(markup).toContain('<a href="https://example.org">it</a>');
  expect(slots).toEqual([{ is: "note", label: "n" }, { is: "note", label: "m" }]);
  expect(parse(blocks[2]?.source ?? "", definitions).slots).toEqual([{ is: "note-back", label: "m" }, { is: "note-back", label: "n" }]);
});

const many = (text: string, times = 3000): string => text.repeat(times);
const HOSTILE = [
  many("["), many("[a]("), many("![a]("), many("*a "), many("**a"), many("_a_"), many("`"), many("`a``"), many("$"), many("$a "), many("$$a"), many("\\("), many("<a "),
  many("<!--"), many("> ", 500), many("- ", 500), many("1. ", 500), many("&"), many("~~a"), many("a@b."), many("https://a."), many("|a", 2000) + "\n" + many("|-", 2000),
  many("[^a]"), many("[^a]: x\n", 500), many("\\"), many("#"), many("(["), many("\t", 2000) + "x", many("x", 200_000), many("*_", 2000), many("[a][", 1000), many("<<", 2000),
  Array.from({ length: 200 }, (_, depth) => " ".repeat(depth) + "- x").join("\n"), many("[![", 900), many("***a ", 800), many("[a]: b\n", 1000), many("\"", 5000), many("a\n> ", 900),
];

it.each(HOSTILE.map((text) => [text.slice(0, 12), text]))("takes a flood of %j in little time", (_, text) => {
  const before = performance.now();
  for (const { kind, source } of wholeOf(text)) {
    if (kind === "prose" && !tooWild(source)) parse(source, definitionsOf([]));
  }
  expect(performance.now() - before).toBeLessThan(2000); // what grows with the square takes many times as long
});

it("does not take ordinary text for wild", () => {
  expect(tooWild(many("**Bold** text with `code`, [links](https://example.org) and $x_1$.\n", 60))).toBe(false);
  expect(tooWild("- - -\n* * * * * * * * * * * * * * * * * * * *")).toBe(false);
  expect(tooWild("| a | b |\n|---------------------------------------------------------------------------|---|\n| 1 | 2 |")).toBe(false);
});

it("knows no notes and no links that only have the name of a member of every object", () => {
  const { notes, links } = definitionsOf(wholeOf("Look[^constructor], and [toString].\n\n[__proto__]: https://example.org\n\nA note[^__proto__].\n\n[^__proto__]: is one."));
  expect([notes["constructor"], links["tostring"], notes["__proto__"], links["__proto__"]]).toEqual([undefined, undefined, 1, "https://example.org"]);
});

it("takes tables for wild that have many more cells than their text", () => {
  const table = (columns: number, rows: number, before = ""): string => `${before}${many("a|", columns)}\n${before}${many("-|", columns)}\n${many(`${before}x|\n`, rows)}`;
  expect(table(3000, 2000).length).toBeLessThan(30_000);
  for (const before of ["", "> ", "  "]) expect(tooWild(table(300, 2000, before))).toBe(true);
  expect(tooWild(many(`${table(100, 20)}\n`, 10))).toBe(true);
  expect(tooWild(table(10, 1000))).toBe(false);
});
