"""Small screens, both looks, and who does not use a mouse (J13, J15)."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import Visits, accessible
from tests.journeys.swap import Swap
from tests.journeys.test_shell import PAGES, entry, heading
from tests.journeys.upstream.scripts import Tool

TABS = ("images", "speech", "transcription", "rerank", "embeddings", "load-test")
DEEPER = (
    *(f"#/playground/{tab}" for tab in TABS),
    "#/models/alpha",
    "#/models/alpha?tab=logs",
    "#/models/org%2Fomega%20v1?tab=details",
    "#/nowhere",
)
GO = """(fragment) => new Promise((resolve) => {
  if (location.hash === fragment) return resolve();
  addEventListener("hashchange", () => setTimeout(resolve), { once: true });
  location.hash = fragment;
})"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """
() => {
  const isPartOfText = (link) => {
    let block = link;
    while (getComputedStyle(block).display === "inline") block = block.parentElement;
    return block !== link && block.innerText.trim() !== link.innerText.trim();
  };
  const reach = (each) => {
    const boxes = [each, each.closest("label") ?? each].map((one) => one.getBoundingClientRect());
    const { position, width, height } = getComputedStyle(each, "::after");
    if (position === "absolute") boxes.push({ width: parseFloat(width), height: parseFloat(height) });
    return ["width", "height"].map((side) => Math.max(...boxes.map((box) => box[side])));
  };
  return [...document.querySelectorAll("a[href], button, select, summary, [role=tab], input:not([type=hidden])")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((each) => !each.closest("p, .skip, [inert]") && !isPartOfText(each))
    .map((each) => [each, ...reach(each)])
    .filter(([each, width, height]) => width > 1 && height > 1 && (height < 43.5 || width < 43.5))
    .map(([each, width, height]) => `${Math.round(width)}x${Math.round(height)} ${each.outerHTML.slice(0, 120)}`);
}
"""
"""What is too small for a finger: less than 44 by 44 pixels, other than links in running text."""


def fragments() -> list[str]:
    """Every page, and what is deeper."""
    return [f"#/{name.lower()}" for name in PAGES] + list(DEEPER)


def named(fragment: str) -> str:
    """Of a picture."""
    return re.sub(r"\W+", "-", unquote(fragment)).strip("-")


def settled(page: Page, fragment: str) -> None:
    """Go there, and wait until the page of that name is drawn and nothing is being fetched."""
    page.evaluate(GO, fragment)
    expect(page.get_by_text("Loading …")).to_have_count(0)


def test_j13_a_phone(swap: Swap, visit: Visits) -> None:
    """Nothing is wider than the screen, and whatever can be touched is large enough."""
    page = visit(swap, phone=True)
    faults = []
    for fragment in fragments():
        settled(page, fragment)
        visit.shot(page, named(fragment))
        wide = page.evaluate(OVERFLOW)
        faults += [f"{fragment}: {wide} px too wide"] if wide > 0 else []
        faults += [f"{fragment}: {small}" for small in page.evaluate(SMALL)]
    assert not faults, "\n".join(faults)


def test_j13_the_menu_of_a_phone(swap: Swap, visit: Visits) -> None:
    """Navigation is a sheet that closes on a choice, on Escape, and by its button."""
    page = visit(swap, phone=True)
    sheet = page.get_by_role("dialog", name="Pages")
    for name in ("Models", "Logs", "Settings"):
        page.get_by_role("button", name="Open the menu").tap()
        expect(sheet).to_be_visible()
        visit.shot(page, "menu")
        sheet.get_by_role("link", name=name, exact=True).tap()
        expect(sheet).to_have_count(0)
        expect(heading(page)).to_contain_text(name)
    for close in (lambda: page.keyboard.press("Escape"), sheet.get_by_role("button", name="Close the menu").tap):
        page.get_by_role("button", name="Open the menu").tap()
        expect(sheet).to_be_visible()
        close()
        expect(sheet).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_j15_axe(swap: Swap, visit: Visits, dark: bool) -> None:
    """Nothing serious or critical on any page, with a model that runs and one that failed."""
    swap.load("alpha")
    swap.chat("gamma", "Hello")
    page = visit(swap, dark=dark)
    faults = []
    for fragment in fragments():
        settled(page, fragment)
        visit.shot(page, named(fragment))
        try:
            accessible(page)
        except AssertionError as error:
            faults.append(f"{fragment}:\n{error}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_j15_what_opens(swap: Swap, visit: Visits, dark: bool) -> None:
    """Dialogs, menus and an answer with everything in it."""
    text = "# Title\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n- [x] done\n\n$a^2$\n\n```python\nprint('x')  # y\n```"
    prompt = swap.play("rich", text=text, reasoning="Hm.", tools=[Tool(name="weather", arguments="{}")])
    page = visit(swap, "#/playground/chat?model=alpha", dark=dark)
    page.get_by_role("textbox", name="Message").fill(prompt)
    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.get_by_text("Calls weather")).to_be_visible()
    expect(page.locator("main .hljs-built_in").first).to_be_visible()
    expect(page.locator("main math").first).to_be_visible()
    accessible(page)
    visit.shot(page, "answer")
    page.get_by_role("button", name="Settings of the chat").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    accessible(page)
    visit.shot(page, "settings")
    settled(page, "#/activity")
    page.get_by_role("button", name=re.compile("^View the capture")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Response headers")
    accessible(page)
    visit.shot(page, "capture")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Columns").last.click()
    expect(page.get_by_role("button", name="Move Model up")).to_be_visible()
    accessible(page)
    visit.shot(page, "columns")


def test_j15_a_wide_navigation(swap: Swap, visit: Visits) -> None:
    """The rail of icons has names too."""
    page = visit(swap)
    page.keyboard.press("Control+b")
    expect(page.get_by_role("button", name="Expand the sidebar")).to_be_visible()
    expect(entry(page, "Models")).to_be_visible()
    accessible(page)
