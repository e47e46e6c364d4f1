import { expect, it } from "vitest";
import { formulaAt, formulaFrom } from "@/parts/markdown/formulas";

const tex = (text: string): string | undefined => formulaAt(text)?.tex;

it("knows the four notations", () => {
  expect(formulaAt("$x^2$ and")).toEqual({ raw: "$x^2$", tex: "x^2", display: false });
  expect(formulaAt("\\(x\\) and")).toEqual({ raw: "\\(x\\)", tex: "x", display: false });
  expect(formulaAt("$$x$$ and")).toEqual({ raw: "$$x$$", tex: "x", display: true });
  expect(formulaAt("\\[x\\] and")).toEqual({ raw: "\\[x\\]", tex: "x", display: true });
});

it.each(["$5 and $6", "$5-$6", "$20k, or $30k", "$5, or 10$ there", "$HOME/$USER", "$ x $", "$5 per month$ more", "$", "$$", "$a\n\nb$", "$a `b$` c"])("leaves %s as it is", (text) =>
  expect(formulaAt(text)).toBeNull(),
);

it("knows formulas that begin with a number", () => {
  expect(tex("$2x + 1$")).toBe("2x + 1");
  expect(tex("$5$.")).toBe("5");
  expect(tex("$3 \\times 4$")).toBe("3 \\times 4");
});

it("passes over escaped signs", () => expect(tex("$a \\$ b$")).toBe("a \\$ b"));
it("finds where one may begin", () => expect([formulaFrom("a $b$"), formulaFrom("a \\(b"), formulaFrom("none")]).toEqual([2, 2, -1]));
it("does not look far", () => expect(formulaAt(`$${"x".repeat(5000)}$`)).toBeNull());
