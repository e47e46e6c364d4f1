"""The shell: navigation, links, the connection, small screens (J01 to J07, J13)."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import OUTAGE, Visits, offline, ready
from tests.journeys.gateway import Gateway
from tests.journeys.swap import Swap
from tests.support.live import eventually

PAGES = (
    "Activity",
    "Playground",
    "Models",
    "Queue",
    "Logs",
    "Performance",
    "Hardware",
    "Configuration",
    "Settings",
)
EVENTS = "/api/events"
DEAD = 30.0
"""Seconds in which a dead stream must be noticed."""
WATCH_TEXT = """
window.painted = new Set();
new MutationObserver(() => {
  for (const line of (document.body?.innerText ?? "").split("\\n")) window.painted.add(line.trim());
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


@pytest.fixture
def gateway(swap: Swap) -> Iterator[Gateway]:
    """A proxy that sees what is asked, and can let connections stall."""
    with Gateway(swap.port) as running:
        yield running


def entry(page: Page, name: str) -> Locator:
    """The link of a page in the navigation."""
    return page.get_by_role("navigation", name="Pages", exact=True).get_by_role("link", name=name, exact=True)


def heading(page: Page) -> Locator:
    """The title in the header."""
    return page.get_by_role("banner").get_by_role("heading", level=1)


def same_page(page: Page) -> bool:
    """It was not loaded again since the last call; the first one says no."""
    return bool(page.evaluate("() => { const kept = window.kept === 1; window.kept = 1; return kept; }"))


def test_j01_the_landing_page(swap: Swap, visit: Visits) -> None:
    """`/` leads to Activity, connected, and the document's title says so."""
    page = visit.context().new_page()
    page.goto(f"{swap.url}/")
    expect(heading(page)).to_have_text("Activity")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page).to_have_title(re.compile("^🟢 .*llamaswap$"))
    assert page.url.startswith(f"{swap.url}/ui/")


def test_j02_navigation(swap: Swap, visit: Visits) -> None:
    """Each entry leads to its page and is marked as the current one; Back goes where one was."""
    page = visit(swap)
    for name in PAGES:
        entry(page, name).click()
        expect(heading(page)).to_contain_text(name)
        expect(entry(page, name)).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("navigation", name="Pages", exact=True).locator("[aria-current]")).to_have_count(1)
        expect(page).to_have_title(re.compile(name))
    for name in reversed(PAGES[:-1]):
        page.go_back()
        expect(heading(page)).to_contain_text(name)


def test_j03_a_view_of_the_history(swap: Swap, visit: Visits) -> None:
    """Order, page and filter of a table are in its address: the same appears elsewhere, and on Back."""
    page = visit(swap, "#/activity")
    history = page.get_by_role("region", name="Requests that have ended")
    history.get_by_role("button", name="Duration").click()
    expect(history.get_by_role("columnheader", name="Duration")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page.get_by_text(re.compile("Page 2 of"))).to_be_visible()
    second = swap.ask("GET", "/api/metrics/activity?sort=duration&order=asc&page=2").json()["data"]
    expect(history.locator("tr[data-row]").first).to_have_attribute("data-row", str(second[0]["id"]))
    rows = history.get_by_role("row")
    other = visit(swap, page.url.partition("/ui/")[2])
    shown = other.get_by_role("region", name="Requests that have ended")
    expect(other.get_by_text(re.compile("Page 2 of"))).to_be_visible()
    expect(shown.get_by_role("columnheader", name="Duration")).to_have_attribute("aria-sort", "ascending")
    expect(shown.get_by_role("row")).to_have_count(len(second) + 1)
    assert _cells(shown.get_by_role("row")) == _cells(rows)
    page.go_back()
    expect(page.get_by_text(re.compile("Page 1 of"))).to_be_visible()


def _cells(rows: Locator) -> list[str]:
    """Without the time, which is told as how long ago that was."""
    return rows.locator("th, td:not([data-column=time])").all_inner_texts()


@pytest.mark.parametrize(
    ("place", "marked"),
    [
        ("#/models/alpha?tab=logs", "Logs"),
        ("#/models/org%2Fomega%20v1?tab=details", "Details"),
        ("#/playground/rerank", "Rerank"),
        ("#/playground/embeddings", "Embeddings"),
    ],
)
def test_j03_a_tab(swap: Swap, visit: Visits, place: str, marked: str) -> None:
    """A tab has an address."""
    page = visit(swap, place)
    main = page.get_by_role("main")
    chosen = main.get_by_role("tab", name=marked, selected=True).or_(main.locator("a[aria-current=page]"))
    expect(chosen.first).to_have_text(marked)


def test_j03_a_path_below_the_ui(swap: Swap, visit: Visits) -> None:
    """It is the page of that name, whoever sends one there; everything is found from there, also when loaded again."""
    page = visit.context().new_page()
    for path, title in (("/upstream", "Models"), ("/ui/models/org%2Fomega%20v1", "org/omega v1"), ("/ui/logs", "Logs")):
        page.goto(f"{swap.url}{path}")
        ready(page)
        expect(heading(page)).to_contain_text(title)
        assert page.url.startswith(f"{swap.url}/ui/#/"), page.url
        page.reload()
        expect(heading(page)).to_contain_text(title)


def test_j04_a_deep_link_to_a_model(swap: Swap, visit: Visits) -> None:
    """It is that model's page, and nobody is told meanwhile that there is none."""
    context = visit.context()
    context.add_init_script(WATCH_TEXT)
    page = context.new_page()
    page.goto(f"{swap.url}/ui/#/models/org%2Fomega%20v1")
    expect(heading(page)).to_contain_text("org/omega v1")
    ready(page)
    painted = page.evaluate("[...window.painted]")
    assert not [line for line in painted if re.search(r"there is no|not found|unknown", line, re.IGNORECASE)], painted


@pytest.mark.parametrize("place", ["#/nowhere", "#/activity/deeper", "#/models/nobody", "#/%E0%A4%A"])
def test_j05_nothing_there(swap: Swap, visit: Visits, place: str) -> None:
    """A page says so, and has a link that leads somewhere."""
    page = visit(swap, place)
    expect(page.get_by_role("main")).to_contain_text("There is no")
    page.get_by_role("main").get_by_role("link").first.click()
    expect(heading(page)).to_have_text(re.compile("^(Activity|Models)$"))
    expect(page.get_by_text("There is no")).to_have_count(0)


def test_j06_the_server_goes_away_and_comes_back(gateway: Gateway, swap: Swap, visit: Visits) -> None:
    """It is said at once; attempts come ever later; what was known stays; then the page goes on as it was."""
    visit.allow(OUTAGE)
    page = visit(gateway, "#/models")
    same_page(page)
    swap.stop()
    banner = page.get_by_text("What you see is how it was.")
    expect(banner).to_be_visible(timeout=2000)
    expect(page).to_have_title(re.compile("^🔴"))
    expect(entry(page, "stopped org/omega v1")).to_be_visible()
    expect(page.locator("main")).to_have_css("filter", re.compile("grayscale"))
    visit.shot(page, "away")
    for _ in eventually(patience=40):
        if len(gateway.times(EVENTS)) >= 5:
            break
    waits = [after - before for before, after in itertools.pairwise(gateway.times(EVENTS)[1:])]
    for number, (wait, least) in enumerate(zip(waits, (1.0, 2.0, 4.0), strict=False)):
        assert least / 2 <= wait < 2 * least + 1, (number, waits)
    expect(page.locator(".banner-when")).to_have_text(re.compile(r" ([4-9]|1\d) s$"))  # none comes by itself meanwhile
    asked = len(gateway.times(EVENTS))
    page.get_by_role("button", name="Retry now").click()
    for _ in eventually(patience=4):
        if len(gateway.times(EVENTS)) > asked:
            break
    swap.start()
    page.get_by_role("button", name="Retry now").click()
    expect(page).to_have_title(re.compile("^🟢"))
    expect(banner).to_have_count(0)
    swap.load("alpha")
    expect(entry(page, "ready alpha")).to_be_visible()
    assert same_page(page)


def test_j06_it_comes_back_by_itself(gateway: Gateway, swap: Swap, visit: Visits) -> None:
    """Nobody has to press anything."""
    visit.allow(OUTAGE)
    page = visit(gateway, "#/models")
    same_page(page)
    swap.kill()
    expect(page).to_have_title(re.compile("^🔴"), timeout=2000)
    swap.start()
    expect(page).to_have_title(re.compile("^🟢"))
    assert same_page(page)


def test_j06_without_shared_workers(swap: Swap, visit: Visits) -> None:
    """Where a browser has none, a tab follows by itself; it tries again at once when the network is back."""
    visit.allow(OUTAGE)
    context = visit.context()
    context.add_init_script("delete globalThis.SharedWorker;")
    page = context.new_page()
    page.goto(f"{swap.url}/ui/#/models")
    ready(page)
    same_page(page)
    with offline(page):
        swap.kill()
        expect(page).to_have_title(re.compile("^🔴"))
        swap.start()
        expect(page.get_by_role("button", name="Retry now")).to_be_visible()
    expect(page).to_have_title(re.compile("^🟢"))
    swap.load("alpha")
    expect(entry(page, "ready alpha")).to_be_visible()
    assert same_page(page)


def test_j07_a_stalled_stream(gateway: Gateway, swap: Swap, visit: Visits) -> None:
    """A connection on which nothing comes any more is noticed, and replaced."""
    page = visit(gateway, "#/models")
    same_page(page)
    assert len(gateway.times(EVENTS)) == 1
    gateway.stall()
    stalled = time.monotonic()
    for _ in eventually(patience=DEAD + 5):
        if len(gateway.times(EVENTS)) > 1:
            break
    assert gateway.times(EVENTS)[1] - stalled < DEAD + 1
    swap.load("alpha")
    expect(entry(page, "ready alpha")).to_be_visible()
    assert same_page(page)
