"""Requests under way (J35, J36), and how far they have come."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import Visits, ready
from tests.journeys.swap import Swap
from tests.journeys.test_activity import rows

SESSION = "s-42"
MUTATIONS = """
() => new Promise((resolve) => {
  let texts = 0, others = 0;
  const watch = new MutationObserver((records) => {
    for (const { type, target } of records)
      if (target.closest?.("[data-column=elapsed]") && type === "childList") texts += 1; else others += 1;
  });
  watch.observe(document.querySelector(".inflight tbody"), { childList: true, characterData: true, subtree: true });
  const begun = performance.now();
  const frame = () => performance.now() - begun < 2000 ? requestAnimationFrame(frame) : resolve([texts, others]);
  frame();
})
"""
"""How often a clock's text changed within two seconds, and what else did."""


def under_way(page: Page) -> Locator:
    """Rows of the card."""
    return page.get_by_role("region", name="In flight").first.locator("tr[data-request]")


def cell(row: Locator, name: str) -> Locator:
    """One of its columns, by the column's ID."""
    return row.locator(f"[data-column={name}]")


@contextmanager
def asked(swap: Swap, model: str, prompt: str) -> Iterator[Callable[[], bytes]]:
    """A request for a stream by another client, in a thread; call what it gives for what came of it, in the end."""
    came: list[bytes] = []
    body: dict[str, Any] = {"model": model, "stream": True, "messages": [{"role": "user", "content": prompt}]}

    def ask() -> None:
        try:
            with swap.live.asking("POST", "/v1/chat/completions", body, {"X-Session-ID": SESSION}) as response:
                while piece := response.read1(4096):
                    came.append(piece)
        except (OSError, HTTPException):
            came.append(b"<cut>")

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()

    def end() -> bytes:
        thread.join(20)
        assert not thread.is_alive(), "the client still waits"
        return b"".join(came)

    yield end
    end()


def seconds(text: str) -> float:
    """Of a clock such as `1.5 s`."""
    return float(text.removesuffix("s").strip())


def test_j35_a_stream(swap: Swap, visit: Visits) -> None:
    """Time runs, bytes grow, the session is named; when it is over it leaves, and is in the history."""
    swap.load("alpha")
    page = visit(swap)
    expect(rows(page)).to_have_count(25)
    newest = int(rows(page).first.get_attribute("data-row") or 0)
    with asked(swap, "alpha", swap.play("while", text="word " * 80, pause=0.1)) as end:
        row = under_way(page)
        expect(row).to_have_count(1)
        expect(cell(row, "phase")).to_have_text("answering")
        expect(cell(row, "session")).to_have_text(SESSION)
        expect(cell(row, "request")).to_have_text("POST /v1/chat/completions")
        expect(cell(row, "elapsed")).to_have_text(re.compile(r"^\d+\.\d s$"))
        clock, received = cell(row, "elapsed").inner_text(), cell(row, "bytes").inner_text()
        expect(cell(row, "bytes")).not_to_have_text(received)
        expect(cell(row, "elapsed")).not_to_have_text(clock)
        assert seconds(cell(row, "elapsed").inner_text()) > seconds(clock)
        visit.shot(page, "under-way")
        assert end().rstrip().endswith(b"[DONE]")
    expect(under_way(page)).to_have_count(0)
    expect(page.get_by_text("Nothing is under way.")).to_be_visible()
    expect(rows(page).first).to_have_attribute("data-row", str(newest + 1))


def test_j35_the_clock(swap: Swap, visit: Visits) -> None:
    """Ten texts a second at most, and nothing is rendered for them."""
    page = visit(swap)
    with asked(swap, "beta", "play hello"):
        expect(under_way(page)).to_have_count(1)
        expect(cell(under_way(page), "phase")).to_have_text("loading")
        texts, others = page.evaluate(MUTATIONS)
        visit.shot(page, "loading")
        assert 5 <= texts <= 21, texts
        assert others <= 4, others


def test_j35_the_columns(swap: Swap, visit: Visits) -> None:
    """Others can be shown, and it stays so."""
    page = visit(swap)
    card = page.get_by_role("region", name="In flight").first
    card.get_by_role("button", name="Columns").click()
    page.locator(".menu:popover-open").get_by_label("Address", exact=True).check()
    page.keyboard.press("Escape")
    page.reload()
    ready(page)
    with asked(swap, "alpha", swap.play("short", text="word " * 60, pause=0.05)):
        expect(cell(under_way(page), "address")).to_have_text("127.0.0.1")
    card.get_by_role("button", name="Hide requests under way").click()
    expect(page.get_by_text("Nothing is under way.")).to_have_count(0)


def test_j36_cancelled(swap: Swap, visit: Visits) -> None:
    """The client's stream ends, and the row leaves."""
    swap.load("alpha")
    page = visit(swap)
    with asked(swap, "alpha", "play long") as end:
        under_way(page).get_by_role("button", name=re.compile(r"Cancel request \d+ to alpha")).click()
        expect(under_way(page)).to_have_count(0)
        assert b"[DONE]" not in end()
    expect(rows(page).first.locator("[data-column=resp_status_code]")).to_contain_text("error")


def test_j36_it_cannot_be_cancelled(swap: Swap, visit: Visits) -> None:
    """A message says so, and can try again."""
    visit.allow("503")
    swap.load("alpha")
    page = visit(swap)
    page.route("**/cancel", lambda route: route.fulfill(status=503, json={"error": {"message": "not now"}}))
    with asked(swap, "alpha", "play long"):
        under_way(page).get_by_role("button", name=re.compile("Cancel request")).click()
        message = page.get_by_role("alert").filter(has_text="could not be cancelled")
        expect(message).to_contain_text("not now")
        visit.shot(page, "message")
        page.unroute("**/cancel")
        message.get_by_role("button", name="Retry").click()
        expect(under_way(page)).to_have_count(0)


@pytest.mark.parametrize("phone", [False, True])
def test_j36_many(swap: Swap, visit: Visits, phone: bool) -> None:
    """Those that wait look different from those that are answered."""
    page = visit(swap, phone=phone)
    with asked(swap, "beta", "play hello"), asked(swap, "alpha", swap.play("some", text="word " * 90, pause=0.05)):
        expect(under_way(page)).to_have_count(2)
        expect(under_way(page).filter(has_text="alpha").locator("[data-column=phase]")).to_have_text("answering")
        expect(under_way(page).filter(has_text="beta").locator("[data-column=phase]")).to_have_text("loading")
        visit.shot(page, "phases")
