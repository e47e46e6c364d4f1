"""What requests said, and were answered (J37 to J39)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import Visits
from tests.journeys.swap import Swap
from tests.journeys.test_activity import menu, rows
from tests.journeys.upstream.scripts import Tool
from tests.support.live import eventually

WEATHER = Tool(name="weather", arguments='{"city": "Bergen"}')
SAID = {"reasoning": "First I think.", "text": "Then I speak.", "tools": [WEATHER]}
TURNS = [{"role": "user", "content": ""}]
PROTOCOLS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": TURNS},
    "/v1/messages": {"messages": TURNS, "max_tokens": 99},
    "/v1/responses": {"input": TURNS},
}


def view(page: Page) -> Locator:
    """Open the capture of the newest row."""
    rows(page).first.get_by_role("button", name="View").click()
    return page.get_by_role("dialog", name="Capture")


def part(dialog: Locator, name: str) -> Locator:
    """One of its four."""
    return dialog.locator("details").filter(has=dialog.page.get_by_role("heading", name=name))


def asked(path: str, prompt: str, *, stream: bool) -> dict[str, Any]:
    """A body for `path`."""
    (field,) = [name for name in ("messages", "input") if name in PROTOCOLS[path]]
    return {**PROTOCOLS[path], "model": "alpha", "stream": stream, field: [{"role": "user", "content": prompt}]}


def test_j37_a_call(swap: Swap, visit: Visits) -> None:
    """Headers without secrets, bodies in lines and raw; copying works; Escape gives the focus back."""
    body = asked("/v1/chat/completions", "play hello", stream=False)
    with swap.live.asking("POST", "/v1/chat/completions", body, {"Authorization": "Bearer s3cret"}) as response:
        answer = response.read().decode()
    context = visit.context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{swap.url}/ui/")
    dialog = view(page)
    expect(part(dialog, "Request headers")).to_contain_text("[REDACTED]")
    assert "s3cret" not in dialog.inner_text()
    expect(part(dialog, "Response headers")).to_contain_text("application/json")
    asking, answering = part(dialog, "Request body"), part(dialog, "Response body")
    expect(asking.locator("pre")).to_have_text(json.dumps(body, indent=2, ensure_ascii=False))
    expect(answering).to_contain_text("Hello, this is a canned answer of nine words.")
    answering.get_by_role("button", name="Raw").click()
    expect(answering.locator("pre")).to_have_text(answer)
    answering.get_by_role("button", name="Copy").click()
    expect(answering.get_by_role("button", name="Copied!")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == answer
    visit.shot(page, "dialog")
    dialog.get_by_role("button", name="Copy as curl").click()
    for _ in eventually():
        if (command := page.evaluate("navigator.clipboard.readText()")) != answer:
            break
    assert f"{swap.url}/v1/chat/completions" in command and '"play hello"' in command and "s3cret" not in command
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(rows(page).first.get_by_role("button", name="View")).to_be_focused()


@pytest.mark.parametrize("path", PROTOCOLS)
@pytest.mark.parametrize("stream", [True, False])
def test_j38_what_was_said(swap: Swap, visit: Visits, path: str, stream: bool) -> None:
    """Reasoning, content and calls are put together, in all three protocols, streamed or not."""
    assert swap.ask("POST", path, asked(path, swap.play("all", **SAID), stream=stream)).status == 200
    page = visit(swap)
    answering = part(view(page), "Response body")
    chat = answering.locator(".capture-chat")
    expect(chat).to_contain_text("First I think.")
    expect(chat).to_contain_text("Then I speak.")
    expect(chat.locator("section").filter(has_text="Call of weather")).to_contain_text("Bergen")
    visit.shot(page, "chat")
    answering.get_by_role("button", name="Raw").click()
    expect(answering.locator("pre")).to_contain_text("data: {" if stream else "{")


def test_j38_an_error_in_the_stream(swap: Swap, visit: Visits) -> None:
    """It is shown beside what came before it."""
    swap.chat("alpha", "play error", stream=True)
    page = visit(swap)
    answering = part(view(page), "Response body")
    expect(answering.locator(".capture-chat")).to_contain_text("It begins well")
    expect(answering.locator(".problem")).to_have_text("the model has lost its thread")


def test_j38_nothing_runs(swap: Swap, visit: Visits) -> None:
    """What a model said is text here."""
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    swap.chat("alpha", swap.play("evil", text=evil), stream=True)
    page = visit(swap)
    expect(part(view(page), "Response body").locator(".capture-said")).to_have_text(evil)


def test_j39_gone(swap: Swap, visit: Visits) -> None:
    """It says what has become of it."""
    visit.allow("404")
    page = visit(swap, "#/activity?capture=1")
    dialog = page.get_by_role("dialog", name="Capture 1")
    expect(dialog.get_by_role("alert")).to_contain_text("This capture is not there any more")
    visit.shot(page, "gone")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_have_count(0)
    assert "capture" not in page.url


def test_j14_with_keys_alone(swap: Swap, visit: Visits) -> None:
    """Sorting, moving a column, opening and closing a capture need no mouse."""
    swap.chat("alpha", "play hello")
    page = visit(swap)
    expect(rows(page)).to_have_count(25)
    newest = rows(page).first.get_attribute("data-row") or ""
    sort = page.get_by_role("columnheader", name="Duration").get_by_role("button")
    sort.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Duration")).to_have_attribute("aria-sort", "ascending")
    page.go_back()
    expect(rows(page).first).to_have_attribute("data-row", newest)
    page.get_by_role("region", name="History").get_by_role("button", name="Columns").press("Enter")
    up = page.get_by_role("button", name="Move Model up")
    up.focus()
    page.keyboard.press("Space")
    expect(page.locator(".menu:popover-open [role=status]")).to_have_text("Model is column 2 of 17.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="History").locator("thead th").nth(2)).to_have_text("Model")
    view_button = rows(page).first.get_by_role("button", name="View")
    view_button.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(view_button).to_be_focused()
    outline = view_button.evaluate("(each) => getComputedStyle(each).outlineStyle")
    assert outline == "solid"
    menu(page, "Columns")
    page.keyboard.press("Escape")
    expect(page.locator(".menu:popover-open")).to_have_count(0)
