// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { Growing } from "@/parts/markdown/growing";

it("grows without touching what is there", () => {
  const host = document.createElement("code");
  const growing = new Growing(host);
  growing.show("a\nb");
  const first = host.firstElementChild;
  growing.show("a\nbc\n");
  expect(host.firstElementChild).toBe(first);
  expect(host.textContent).toBe("a\nbc\n");
  const text = "line\n".repeat(100);
  growing.show(`a\nbc\n${text}`);
  expect(host.childElementCount).toBeGreaterThan(2);
  expect(host.textContent).toBe(`a\nbc\n${text}`);
  growing.show("other");
  expect(host.textContent).toBe("other");
  expect(host.childElementCount).toBe(1);
});
