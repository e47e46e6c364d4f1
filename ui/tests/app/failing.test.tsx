// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, it } from "vitest";
import { Failing } from "@/app/failing";

it("says that a page has failed, and draws it again", () => {
  const host = document.body.appendChild(document.createElement("div"));
  let broken = true;
  function Page() {
    if (broken) throw new RangeError("no such time");
    return <p>The page</p>;
  }
  void act(() =>
    render(
      <div>
        <nav>The frame</nav>
        <Failing>
          <Page />
        </Failing>
      </div>,
      host,
    ),
  );
  expect(host.querySelector("nav")).not.toBeNull();
  expect(host.querySelector("[role=alert]")?.textContent).toMatch(/This page has failed.*no such time/);
  const again = host.querySelector("button");
  void act(() => again?.click());
  expect(host.querySelector("[role=alert]")).not.toBeNull();
  broken = false;
  void act(() => host.querySelector("button")?.click());
  expect(host.textContent).toBe("The frameThe page");
  void act(() => render(null, host));
});
