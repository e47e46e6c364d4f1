"""The queue: who waits for what, and the timeline of swaps (J41, J42)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import Visits, accessible
from tests.journeys.configurations import fake
from tests.journeys.swap import Swap


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swap]:
    """A server whose models take turns, and of which one answers one request at a time."""
    folder = tmp_path_factory.mktemp("turns")
    single = fake(folder, "single", name="Single", concurrencyLimit=1)
    with Swap(folder, {"groups": None, "selectors": None, "models": {"single": single}}, rows=0) as server:
        yield server


def lane(page: Page, model: str) -> Locator:
    """What the timeline draws of a model."""
    return page.locator(f'.gantt-lane[data-model="{model}"]')


def ask(swap: Swap, model: str, prompt: str) -> threading.Thread:
    """A client that wants an answer."""

    def chat() -> None:
        with suppress(OSError, HTTPException):  # it may be cut off
            swap.chat(model, prompt, stream=True)

    client = threading.Thread(target=chat)
    client.start()
    return client


def test_j41_one_place_and_three_requests(turns: Swap, visit: Visits) -> None:
    """Those that wait are listed by model, in their turn, with how long they have; one is cancelled."""
    turns.rest()
    prompt = turns.play("slow", text=" ".join(["word"] * 600), pause=0.1)  # it is cut off in the end
    page = visit(turns, "#/queue")
    expect(page.get_by_role("main")).to_contain_text("Nobody waits.")
    clients = [ask(turns, "single", prompt)]
    expect(lane(page, "single").locator('[data-kind="ready"]')).to_be_visible()
    waiting = page.get_by_role("region", name="Who waits").get_by_role("row")
    for model, words, lines in (("single", prompt, 3), ("single", prompt, 4), ("alpha", "play hello", 6)):
        clients.append(ask(turns, model, words))
        expect(waiting).to_have_count(lines)  # with the head, and one for each model
    expect(waiting.nth(1)).to_contain_text("Single: 2 wait")
    for place in (2, 3):
        expect(waiting.nth(place)).to_contain_text(f"{place - 1}")
        expect(waiting.nth(place)).to_contain_text("its model is busy")
    expect(waiting.nth(4)).to_contain_text("Alpha: 1 waits")
    expect(waiting.nth(5)).to_contain_text("Single must finish first")
    expect(waiting.nth(5)).to_contain_text("POST /v1/chat/completions")
    expect(waiting.nth(2)).to_contain_text(re.compile(r"0:(0[2-9]|[1-5]\d)"))
    visit.shot(page, "waiting", full=True)
    accessible(page)
    waiting.nth(3).get_by_role("button").click()
    expect(waiting.nth(1)).to_contain_text("Single: 1 waits")
    turns.ask("POST", "/api/models/unload")
    for client in clients:
        client.join()
    expect(page.get_by_role("main")).to_contain_text("Nobody waits.")


def test_j42_swaps_on_the_timeline(turns: Swap, visit: Visits) -> None:
    """Alpha, beta, alpha: bars of their lives, requests above them, and the cause of each swap."""
    turns.rest()
    turns.load("alpha")
    page = visit(turns, "#/queue")
    beta = ask(turns, "beta", "play hello")
    swaps = page.get_by_role("region", name="Swaps under way")
    expect(swaps).to_contain_text("makes room by unloading Alpha")
    expect(swaps.locator('[aria-current="step"]')).to_contain_text("start")
    expect(lane(page, "beta").locator('[data-kind="start"]')).to_be_visible()
    visit.shot(page, "loading", full=True)
    beta.join()
    turns.load("alpha")
    for model in ("alpha", "beta"):
        for kind in ("start", "ready", "stopping"):
            expect(lane(page, model).locator(f'[data-kind="{kind}"]').first).to_be_attached()
        expect(lane(page, model).locator(".gantt-request").first).to_be_attached()
    expect(lane(page, "beta").locator('[data-kind="ready"]')).to_have_attribute(
        "title", re.compile("to make room for alpha")
    )
    expect(page.locator(".gantt-change")).not_to_have_count(0)
    visit.shot(page, "chart", full=True)
    accessible(page)
    page.get_by_role("button", name="Table").click()
    table = page.get_by_role("region", name="Timeline").get_by_role("table")
    expect(table.get_by_role("row").filter(has_text="in place of Alpha")).to_contain_text("for a request")
    expect(table.get_by_role("row").filter(has_text="in place of Beta")).to_contain_text("swap: loaded")
    expect(table.get_by_role("row").filter(has_text="to make room for beta").first).to_be_visible()
    visit.shot(page, "table", full=True)
    accessible(page)
    page.get_by_role("button", name="60 min").click()
    page.reload()
    expect(page.get_by_role("button", name="60 min")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Table")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Chart").click()
    page.get_by_role("button", name="Earlier").click()
    page.get_by_role("button", name="Earlier").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing has happened in this time.")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(lane(page, "beta")).to_be_visible()


def test_on_a_phone(turns: Swap, visit: Visits) -> None:
    """Nothing is wider than the screen."""
    turns.load("alpha")
    page = visit(turns, "#/queue", phone=True)
    expect(lane(page, "alpha")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.shot(page, "queue", full=True)


def test_in_the_dark(turns: Swap, visit: Visits) -> None:
    """Both pages can be read."""
    turns.rest()
    turns.load("alpha")
    turns.ask("POST", "/api/models/load/gamma")
    for fragment in ("#/queue", "#/models", "#/models/gamma?tab=details"):
        page = visit(turns, fragment, dark=True)
        expect(page.get_by_role("main")).to_contain_text("amma")
        accessible(page)
        visit.shot(page, fragment.rpartition("/")[2].partition("?")[0])
