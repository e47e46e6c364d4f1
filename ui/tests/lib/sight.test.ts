import { afterEach, expect, it, vi } from "vitest";
import { whileSeen } from "@/lib/sight";

/** A document that is hidden and shown. */
class Tab extends EventTarget {
  visibilityState = "visible";

  show(on: boolean): void {
    this.visibilityState = on ? "visible" : "hidden";
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

afterEach(() => vi.unstubAllGlobals());

function watched(hidden: boolean) {
  const tab = new Tab();
  if (hidden) tab.visibilityState = "hidden";
  vi.stubGlobal("document", tab);
  const did: string[] = [];
  const end = whileSeen(() => void did.push("begin"), () => void did.push("rest"));
  return { tab, did, end };
}

it("rests while the tab is hidden, and begins again", () => {
  const { tab, did, end } = watched(false);
  tab.show(false);
  tab.show(false);
  tab.show(true);
  end();
  tab.show(false);
  expect(did).toEqual(["begin", "rest", "begin"]);
});

it("does not begin in a tab that is hidden", () => {
  const { tab, did } = watched(true);
  expect(did).toEqual([]);
  tab.show(true);
  expect(did).toEqual(["begin"]);
});
