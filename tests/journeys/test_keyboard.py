"""Everything without a mouse, and one always sees where one is (J14)."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import Visits
from tests.journeys.swap import Swap
from tests.support.live import eventually

STEPS = 120
"""How often Tab may be pressed to get somewhere."""
SEEN = """
(element) => element.matches(":focus-visible") && [element, element.parentElement].some((each) => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
  return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
})
"""


def reach(page: Page, target: Locator) -> None:
    """Go there with Tab alone, and see it."""
    expect(target).to_be_visible()
    for _ in range(STEPS):
        if target.evaluate("(element) => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
    assert target.evaluate(SEEN), f"the focus is not seen: {target}"


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go there, and press a key."""
    reach(page, target)
    page.keyboard.press(key)


def test_j14_a_model_is_loaded(swap: Swap, visit: Visits) -> None:
    page = visit(swap, "#/models")
    press(page, page.get_by_role("button", name="Load Alpha"))
    press(page, page.get_by_role("button", name="Unload Alpha"), " ")
    expect(page.get_by_role("button", name="Load Alpha", exact=True)).to_be_visible()


def test_j14_a_request_is_cancelled(swap: Swap, visit: Visits) -> None:
    swap.load("alpha")
    page = visit(swap, "#/activity")
    with swap.under_way("alpha", "play long"):
        cancel = page.get_by_role("button", name=re.compile("^Cancel request .* to alpha"))
        press(page, cancel)
        expect(cancel).to_have_count(0)
    for _ in eventually():
        if swap.seen("alpha")["hangups"] == 1:
            break


def test_j14_sorting_and_columns(swap: Swap, visit: Visits) -> None:
    page = visit(swap, "#/activity")
    history = page.get_by_role("region", name="History")
    press(page, history.get_by_role("button", name="Duration"))
    expect(history.get_by_role("columnheader", name="Duration")).to_have_attribute("aria-sort", "ascending")
    press(page, page.get_by_role("button", name="Columns").last)
    before = history.get_by_role("columnheader").all_text_contents()
    press(page, page.get_by_role("button", name="Move Model up"))
    expect(page.get_by_text("Model is column")).to_be_attached()
    page.keyboard.press("Escape")
    after = history.get_by_role("columnheader").all_text_contents()
    assert sorted(before) == sorted(after) and before.index("Model") == after.index("Model") + 1


def test_j14_a_capture_is_opened_and_closed(swap: Swap, visit: Visits) -> None:
    swap.load("alpha")
    page = visit(swap, "#/activity")
    view = page.get_by_role("button", name=re.compile("^View the capture")).first
    press(page, view)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(view).to_be_focused()


def test_j14_a_chat(swap: Swap, visit: Visits) -> None:
    page = visit(swap, "#/playground/chat?model=alpha")
    reach(page, page.get_by_role("textbox", name="Message"))
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_text("a canned answer of nine words")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
