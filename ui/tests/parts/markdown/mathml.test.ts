// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { bomb, drawn } from "@/parts/markdown/mathml";

it.each(["\\frac{a}{b} \\leftarrow \\longrightarrow \\left( x \\right)", "\\ce{H2O}", "x".repeat(400)])("tries %s", (tex) => expect(bomb(tex)).toBe(false));

it.each(["\\def\\a#1{#1#1}\\a{x}", "\\gdef\\a{x}\\a", "\\edef\\a{x}", "\\xdef\\a{x}", "\\let\\a=b", "\\futurelet\\a b c", "\\newcommand{\\a}[1]{#1#1}\\a{x}", "\\newcommand\\a{x}", "\\renewcommand{\\a}{x}", "\\providecommand{\\a}{x}", "\\global\\def\\a{x}", "x \\long\n\\def\\a{x}"])(
  "defines nothing by %s",
  (tex) => expect(bomb(tex)).toBe(true),
);

it("draws no more than anybody reads", () => {
  const made = (count: number): Element | null =>
    drawn("x", false, (_, host) => {
      host.innerHTML = `<math>${"<mi></mi>".repeat(count - 1)}</math>`;
    });
  expect(made(10_000)?.localName).toBe("math");
  expect(made(10_001)).toBeNull();
});
