"""Pages in a real browser, watched: what goes wrong in one fails the test, and every page leaves a picture."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, WebError

from tests.journeys.gateway import Gateway
from tests.journeys.swap import Swap

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ABORTED = "net::ERR_ABORTED"
"""How a request fails that the page itself gave up; that is no fault."""
OUTAGE = (
    r"ERR_CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_CONTENT_LENGTH_MISMATCH"
    r"|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_(CHANGED|IO_SUSPENDED)|ERR_SOCKET_NOT_CONNECTED"
)
"""What the browser says while a server is away; for `allow`."""
GRAVE = ("serious", "critical")
MOVED = """() => {
  const ending = document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime !== Infinity);
  return Promise.allSettled(ending.map((each) => each.finished)).then(() => true);
}"""
"""Resolves when nothing fades or moves any more, but for what does so for ever."""
CSP_WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`forbidden by the policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


def chromium() -> str:
    """Where Chromium is: `LLAMASWAP_CHROMIUM`, or on PATH. Raises `FileNotFoundError` where there is none."""
    names = (os.environ.get("LLAMASWAP_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError("the journeys need Chromium (Debian: apt-get install chromium), or LLAMASWAP_CHROMIUM")
    return found


def artefacts() -> Path:
    """Where pictures go."""
    folder = Path(os.environ.get("LLAMASWAP_ARTEFACTS", "build/journeys"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Visits:
    """The pages of one test. Calling it opens one, in a fresh profile."""

    def __init__(self, browser: Browser, test: str) -> None:
        self._browser = browser
        self._test = re.sub(r"[^\w-]+", "-", test).strip("-")
        self._contexts: list[BrowserContext] = []
        self._allowed: list[re.Pattern[str]] = []
        self._complaints: list[str] = []
        self.requests: list[Request] = []
        """All that all pages asked for so far."""

    def __call__(
        self,
        where: Swap | Gateway | str,
        fragment: str = "",
        *,
        dark: bool = False,
        phone: bool = False,
        wait: bool = True,
        **options: Any,
    ) -> Page:
        """A new browser window at the UI's `fragment` (`#/models`), 1280 by 800, or as a phone with touch.

        Returns when the page is connected, or shows its login form; with `wait` false as soon as it is loaded.
        `options` are those of Playwright's `new_context`.
        """
        page = self.context(dark=dark, phone=phone, **options).new_page()
        base = where if isinstance(where, str) else where.url
        page.goto(f"{base}/ui/{fragment}")
        if wait:
            ready(page)
        return page

    def context(self, *, dark: bool = False, phone: bool = False, **options: Any) -> BrowserContext:
        """A profile of its own, watched; `context.new_page()` twice gives two tabs of one browser."""
        usual: dict[str, Any] = {
            "viewport": PHONE if phone else DESKTOP,
            "has_touch": phone,
            "is_mobile": phone,
            "color_scheme": "dark" if dark else "light",
            "locale": "en-GB",
            "timezone_id": "UTC",
        }
        context = self._browser.new_context(**(usual | options))
        context.add_init_script(CSP_WATCH)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("requestfailed", self._failed)
        context.on("request", self._asked)
        context.on("dialog", self._dialog)
        self._contexts.append(context)
        return context

    def allow(self, *patterns: str) -> None:
        """Complaints that match one of these regular expressions are what the test is about."""
        self._allowed += [re.compile(pattern) for pattern in patterns]

    def shot(self, page: Page, name: str, *, full: bool = False) -> None:
        """A picture now: <test>-<name>.png."""
        page.screenshot(path=artefacts() / f"{self._test}-{name}.png", full_page=full, animations="disabled")

    def close(self) -> list[str]:
        """A picture of each page that is still open; returns what went wrong and was not allowed."""
        pages = [page for context in self._contexts for page in context.pages]
        for number, page in enumerate(pages):
            self._last_shot(page, f"-{number + 1}" if number else "")
        for context in self._contexts:
            context.close()
        return [text for text in self._complaints if not any(each.search(text) for each in self._allowed)]

    def _last_shot(self, page: Page, suffix: str) -> None:
        try:
            page.screenshot(path=artefacts() / f"{self._test}{suffix}.png", animations="disabled")
        except Exception as error:  # a page that cannot be drawn is a complaint, and no reason to keep the others open
            self._complaints.append(f"no picture: {error}")

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: WebError) -> None:
        self._complaints.append(f"uncaught: {error.error}")

    def _failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self._complaints.append(f"request: {request.method} {request.url}: {request.failure}")

    def _dialog(self, dialog: Dialog) -> None:
        self._complaints.append(f"dialog: {dialog.type} {dialog.message!r}")
        dialog.dismiss()


def ready(page: Page) -> None:
    """The page knows how it is with the server: it is connected, or asks for a key."""
    page.locator(".connection-open, form.login-box").first.wait_for(state="attached", timeout=20_000)


def accessible(page: Page) -> None:
    """Raises `AssertionError` for what axe finds serious or critical, once colours are what they are to be."""
    page.evaluate(MOVED)
    found = Axe().run(page).response["violations"]
    grave = [each for each in found if each["impact"] in GRAVE]
    assert not grave, "\n".join(_finding(each) for each in grave)


def _finding(each: dict[str, Any]) -> str:
    nodes = [f"    {' '.join(map(str, node['target']))}: {node['html'][:200]}" for node in each["nodes"][:5]]
    return "\n".join([f"{each['impact']}: {each['id']}: {each['help']} ({len(each['nodes'])} times)", *nodes])


@contextmanager
def offline(page: Page) -> Iterator[None]:
    """Without a network inside."""
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)
