"""What goes over the wire: nothing beside the prefix of a proxy, and no asset twice (J09, J70)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import Visits, ready
from tests.journeys.gateway import Gateway
from tests.journeys.swap import Swap
from tests.journeys.test_screens import fragments, settled
from tests.journeys.test_shell import PAGES, entry, heading


@pytest.fixture
def below(swap: Swap) -> Iterator[Gateway]:
    """The server below `/swap/`, as a proxy serves it that takes the prefix off and says so."""
    with Gateway(swap.port, "/swap") as running:
        yield running


@pytest.fixture
def gateway(swap: Swap) -> Iterator[Gateway]:
    """In front of the server, as long as there are pages: they go before it does."""
    with Gateway(swap.port) as running:
        yield running


def test_j09_every_page_and_a_chat_below_a_prefix(below: Gateway, visit: Visits) -> None:
    """No request leaves the prefix."""
    page = visit(below)
    for fragment in fragments():
        settled(page, fragment)
    for name in PAGES:
        entry(page, name).click()
        expect(heading(page)).to_contain_text(name)
        assert page.url.startswith(f"{below.url}/ui/")
    settled(page, "#/playground/chat?model=alpha")
    page.get_by_role("textbox", name="Message").fill("Hello")
    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.get_by_text("a canned answer of nine words")).to_be_visible()
    assert below.times("/api/events") and below.times("/v1/chat/completions")
    assert below.outside == []


@pytest.mark.parametrize("path", ["/", "/ui", "/ui/", "/ui/deeper/still", "/upstream"])
def test_j09_redirects_below_a_prefix(below: Gateway, visit: Visits, path: str) -> None:
    """What the server redirects stays below it, and a page of a deeper path finds its files."""
    page = visit.context().new_page()
    page.goto(f"{below.url}{path}")
    ready(page)
    expect(heading(page)).to_be_visible()
    assert page.url.startswith(f"{below.url}/ui")
    assert below.outside == []


def test_j70_no_asset_twice(gateway: Gateway, visit: Visits) -> None:
    """Every page once more, also after a reload: whatever has a hash in its name is in the browser."""
    page = visit(gateway)
    for _ in range(2):
        for fragment in fragments():
            settled(page, fragment)
        page.reload()
        ready(page)
    assets = Counter(asked.path for asked in gateway.asked if asked.path.startswith("/ui/assets/"))
    assert len(assets) > len(PAGES)
    assert [path for path, times in assets.items() if times > 1] == []


def test_one_stream_for_all_tabs(swap: Swap, gateway: Gateway, visit: Visits) -> None:
    """Browsers keep six connections to a server: tabs share the one that stays open, and outlive each other."""
    context = visit.context()
    pages = [context.new_page() for _ in range(3)]
    for page in pages:
        page.goto(f"{gateway.url}/ui/#/settings")
        ready(page)
    swap.load("alpha")
    for page in pages:
        expect(entry(page, "ready alpha")).to_be_visible()
    pages.pop(0).close()
    swap.rest()
    for page in pages:
        expect(entry(page, "stopped alpha")).to_be_visible()
    assert len(gateway.times("/api/events")) == 1
