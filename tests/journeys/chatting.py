"""What journeys through the chat have in common."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.journeys.swap import Swap

CHAT = "#/playground/chat?model=alpha"

KEPT = """() => new Promise((resolve, reject) => {
    const opened = indexedDB.open("llamaswap.v1.chat");
    opened.onerror = () => reject(opened.error);
    opened.onsuccess = () => {
        const base = opened.result;
        const asked = base.transaction("messages").objectStore("messages").getAll();
        asked.onsuccess = () => {
            base.close();
            resolve(asked.result.map(({ text }) => text));
        };
    };
})"""


def field(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_role("textbox", name="Message", exact=True)


def say(page: Page, text: str) -> None:
    """Write and send."""
    field(page).fill(text)
    field(page).press("Enter")


def answers(page: Page) -> Locator:
    """What models have said, in the conversation that is shown."""
    return page.locator("article.chat-answer")


def complete(page: Page, *, timeout: float | None = None) -> None:
    """The answer that is under way comes to its end, in `timeout` milliseconds if that is long."""
    expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=timeout)
    expect(page.locator("article.chat-answer[aria-busy]")).to_have_count(0)


def asked(swap: Swap, model: str = "alpha", at: int = -1) -> dict[str, Any]:
    """The body that the model was asked with last."""
    body: dict[str, Any] = swap.seen(model)["requests"][at]["body"]
    return body


def kept(page: Page) -> list[str]:
    """The texts of all messages that are in the browser's storage."""
    texts: list[str] = page.evaluate(KEPT)
    return texts
