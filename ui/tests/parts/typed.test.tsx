// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render, type ComponentChild } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, it } from "vitest";
import { IdsAndKey } from "@/pages/activity/filter-ids";
import { NO_FILTERS } from "@/pages/activity/filters";
import { NameInput, TypedInput } from "@/parts/typed";

const tick = signal(0);
let host: HTMLElement;

function shown(element: () => ComponentChild): HTMLInputElement[] {
  function Redrawn() {
    return <div data-tick={tick.value}>{element()}</div>;
  }
  host = document.body.appendChild(document.createElement("div"));
  void act(() => render(<Redrawn />, host));
  return [...host.querySelectorAll("input")];
}

function type(input: HTMLInputElement, text: string): void {
  void act(() => {
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}


function redraw(): void {
  void act(() => {
    tick.value += 1;
  });
}

function leave(input: HTMLInputElement): void {
  void act(() => {
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

afterEach(() => render(null, host));

it("keeps what is typed when it is drawn again", () => {
  const [input] = shown(() => <TypedInput value="old" commit={() => true} />);
  if (!input) throw new Error("no field");
  type(input, "new");
  redraw();
  expect(input.value).toBe("new");
});

it("shows the value again once the text is taken, and keeps a text that is not", () => {
  const [input] = shown(() => <TypedInput value="old" commit={(text) => text !== "wrong"} />);
  if (!input) throw new Error("no field");
  type(input, "wrong");
  leave(input);
  redraw();
  expect(input.value).toBe("wrong");
  type(input, "right");
  leave(input);
  expect(input.value).toBe("old");
});

it("lets one type IDs and names of keys while requests end", () => {
  const changes: object[] = [];
  const inputs = shown(() => <IdsAndKey filters={NO_FILTERS} onChange={(part) => changes.push(part)} />);
  for (const [index, text] of ["12", "99", "laptop"].entries()) {
    const input = inputs[index];
    if (!input) throw new Error("no field");
    type(input, text);
    redraw();
    expect(input.value).toBe(text);
    leave(input);
  }
  expect(changes).toEqual([{ minId: 12 }, { maxId: 99 }, { key: "laptop" }]);
});

it("gives a new name once, and none after Escape", () => {
  const names: string[] = [];
  const key = (input: HTMLInputElement, name: string): void => {
    void act(() => {
      input.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    });
  };
  for (const last of ["Enter", "Escape"]) {
    const [input] = shown(() => <NameInput label="Name" value="old" onCommit={(name) => names.push(name)} onCancel={() => names.push("given up")} />);
    if (!input) throw new Error("no field");
    type(input, "new");
    redraw();
    key(input, last);
    input.dispatchEvent(new Event("blur"));
  }
  expect(names).toEqual(["new", "given up"]);
});
