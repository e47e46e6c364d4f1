"""The history of requests and its statistics (J28 to J34, J40)."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import Visits
from tests.journeys.swap import Swap

NOT_SECURE = "Object.defineProperty(window, 'isSecureContext', { value: false })"
"""As on plain HTTP in a LAN: there is no clipboard but the one behind a selection."""
LIVE = 2.0
"""Seconds in which a request that has ended is to be seen (J33)."""


def history(page: Page) -> Locator:
    """The card of requests that have ended."""
    return page.get_by_role("region", name="History")


def rows(page: Page) -> Locator:
    """Those of the page that is shown."""
    return history(page).locator("tr[data-row]")


def ids(page: Page) -> list[int]:
    """Their IDs, from above."""
    found: list[int] = rows(page).evaluate_all("(rows) => rows.map((row) => Number(row.dataset.row))")
    return found


def column(page: Page, name: str) -> list[str]:
    """What the cells of a column say, by the ID of the column."""
    return rows(page).locator(f"[data-column={name}]").all_inner_texts()


def headings(page: Page) -> list[str]:
    """Of the columns, from the left."""
    return [text for text in history(page).locator("thead th").all_inner_texts() if text.strip()]


def listed(swap: Swap, query: str = "") -> Any:
    """What the server says of it."""
    return swap.ask("GET", f"/api/metrics/activity?{query}").json()


def expect_ids(page: Page, expected: list[int]) -> None:
    """These rows are shown, in this order."""
    expect(rows(page).first).to_have_attribute("data-row", str(expected[0]))
    expect(rows(page)).to_have_count(len(expected))
    assert ids(page) == expected


def menu(page: Page, name: str) -> Locator:
    """Open what a button of the history shows."""
    history(page).get_by_role("button", name=name, exact=True).click()
    return page.locator(".menu:popover-open")


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[Swap]:
    """A server that nobody has asked anything."""
    with Swap(tmp_path, rows=0) as server:
        yield server


def test_j28_the_landing_page(swap: Swap, visit: Visits) -> None:
    """Totals, both histograms with their percentiles, and the newest 25 rows."""
    page = visit(swap)
    stats = swap.ask("GET", "/api/metrics/stats").json()
    shown = page.get_by_role("region", name="Statistics")
    for name, total in {"Requests": "total_requests", "Generated tokens": "total_output_tokens"}.items():
        figure = shown.locator(".figure").filter(has_text=name)
        expect(figure.get_by_role("definition")).to_have_text(f"{stats[total]:,}")
    for name, part in {"Prefill speed": "prompt_histogram", "Decode speed": "gen_histogram"}.items():
        histogram = shown.get_by_role("figure", name=name)
        expect(histogram.locator(".histogram-bar")).to_have_count(len(stats[part]["bins"]))
        for percentile in ("p50", "p95", "p99"):
            expect(histogram).to_contain_text(f"{percentile} {stats[part][percentile]:.2f} t/s")
    expect_ids(page, [row["id"] for row in listed(swap)["data"]])
    visit.shot(page, "whole", full=True)
    shown.get_by_role("button", name="Hide the histograms").click()
    page.reload()
    expect(shown.get_by_role("button", name="Show the histograms")).to_be_visible()
    expect(shown.get_by_role("figure")).to_have_count(0)


def test_j28_one_single_speed(untouched: Swap, visit: Visits) -> None:
    """All percentiles are in its middle."""
    untouched.load("alpha")
    page = visit(untouched)
    marks = page.get_by_role("figure", name="Decode speed").locator(".histogram-mark")
    expect(marks).to_have_count(3)
    for mark in marks.all():
        expect(mark).to_have_attribute("style", re.compile(r"50%"))


def test_j28_the_first_visit(untouched: Swap, visit: Visits) -> None:
    """Who comes first is told where to begin; what happens then is seen without reloading."""
    page = visit(untouched)
    expect(page.get_by_role("heading", name="Nothing has been asked yet")).to_be_visible()
    chat = page.get_by_role("main").get_by_role("link", name="Chat with alpha")
    expect(chat).to_have_attribute("href", re.compile(r"#/playground/chat\?model=alpha$"))
    visit.shot(page, "welcome")
    untouched.load("alpha")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("heading", name="Nothing has been asked yet")).to_have_count(0)


def test_j29_sorting(swap: Swap, visit: Visits) -> None:
    """Ascending, then descending, over all pages, from page 1 each time."""
    page = visit(swap, "#/activity?page=3")
    expect(rows(page).first).to_be_visible()
    heading = history(page).get_by_role("columnheader", name="Duration")
    for order, word in (("asc", "ascending"), ("desc", "descending")):
        heading.get_by_role("button").click()
        expect(heading).to_have_attribute("aria-sort", word)
        expect_ids(page, [row["id"] for row in listed(swap, f"sort=duration&order={order}")["data"]])
        expect(history(page).get_by_text(re.compile(r"^Page 1 of \d+$"))).to_be_visible()
    expect(history(page).locator("[aria-sort=descending]")).to_have_count(1)
    visit.shot(page, "descending")
    page.go_back()
    expect(heading).to_have_attribute("aria-sort", "ascending")


def test_j30_paging(swap: Swap, visit: Visits) -> None:
    """The last page, its buttons, and another size that is kept."""
    page = visit(swap)
    found = listed(swap)
    total, pages = found["total"], found["total_pages"]
    expect(history(page)).to_contain_text(f"{total} requests")
    history(page).get_by_role("button", name="Last page").click()
    expect(history(page).get_by_text(f"Page {pages} of {pages}")).to_be_visible()
    expect_ids(page, [row["id"] for row in listed(swap, f"page={pages}")["data"]])
    expect(history(page).get_by_role("button", name="Next page")).to_be_disabled()
    expect(history(page).locator("[aria-current=page]")).to_have_text(str(pages))
    history(page).get_by_label("Rows").select_option("100")
    expect(rows(page)).to_have_count(100)
    expect(history(page).get_by_text(f"Page 1 of {-(-total // 100)}")).to_be_visible()
    page.goto(f"{swap.url}/ui/#/activity")
    page.reload()
    expect(rows(page)).to_have_count(100)


def test_j31_columns(swap: Swap, visit: Visits) -> None:
    """One is hidden, another shown, a third moved, by buttons and by dragging; the export follows, and it stays so."""
    page = visit(swap)
    expect(rows(page)).to_have_count(25)
    menu(page, "Columns")
    page.get_by_label("Cached", exact=True).uncheck()
    page.get_by_label("Path", exact=True).check()
    for _ in range(2):
        page.get_by_role("button", name="Move Path up").click()
    grip = page.locator(".columns-list li").filter(has_text="Duration")
    grip.locator(".grip").drag_to(page.locator(".columns-list li").filter(has_text="Time"))
    visit.shot(page, "menu")
    page.keyboard.press("Escape")
    expect(history(page).locator("thead th").nth(3)).to_have_text("Duration")
    kept = headings(page)
    assert kept[:6] == ["ID", "Path", "Duration", "Time", "Model", "Status"] and "Cached" not in kept, kept
    page.reload()
    expect(rows(page)).to_have_count(25)
    assert headings(page) == kept
    history(page).get_by_role("button", name="Export").click()
    text = page.get_by_role("dialog").get_by_role("textbox").input_value()
    assert f"| {' | '.join(name for name in kept if name != 'Capture')} |" in text


@pytest.mark.parametrize(
    ("query", "fragment"),
    [
        ("min_id=100&max_id=104", "min_id=100&max_id=104"),
        ("model=org%2Fomega%20v1&model=beta", "model=org%2Fomega+v1%2Cbeta"),
        ("status=5xx", "status=5xx"),
        ("status=failed&status=2xx&q=context", "status=failed%2C2xx&q=context"),
        ("q=team%202", "q=team+2"),
        ("key=nobody", "key=nobody"),
    ],
)
def test_j32_filters_in_the_address(swap: Swap, visit: Visits, query: str, fragment: str) -> None:
    """A link shows the rows that it asks for, and a mark says that there are filters."""
    page = visit(swap, f"#/activity?{fragment}")
    expected = [row["id"] for row in listed(swap, query)["data"]]
    if expected:
        expect_ids(page, expected)
    else:
        expect(history(page)).to_contain_text("No request matches these filters.")
    expect(history(page).get_by_role("search")).to_contain_text("filter")
    expect(page.get_by_role("region", name="Statistics")).to_contain_text("of what the filters show")
    history(page).get_by_role("button", name=re.compile("^Clear")).first.click()
    expect_ids(page, [row["id"] for row in listed(swap)["data"]])


def test_j32_filters_by_hand(swap: Swap, visit: Visits) -> None:
    """Each is set where it belongs, stands in the address, and all are cleared at once."""
    page = visit(swap)
    expect(rows(page)).to_have_count(25)
    menu(page, "ID and key").get_by_label("ID from").fill("50")
    page.get_by_label("ID to").fill("90")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(history(page).get_by_text("1 filter", exact=True)).to_be_visible()
    menu(page, "All models").get_by_label("beta", exact=True).check()
    page.keyboard.press("Escape")
    menu(page, "Any status").get_by_label("failed", exact=True).check()
    visit.shot(page, "status")
    page.keyboard.press("Escape")
    menu(page, "Any time").get_by_label("Last 24 hours").check()
    page.keyboard.press("Escape")
    history(page).get_by_label("Search model, path, error, key").fill("chat")
    expect(history(page).get_by_text("5 filters")).to_be_visible()
    assert "q=chat" in page.url and "last=24h" in page.url and "min_id=50" in page.url
    expected = listed(swap, "min_id=50&max_id=90&model=beta&status=failed&q=chat")
    wanted = [row["id"] for row in expected["data"] if row["id"] > 240 - 86_400 // 420]
    if wanted:
        expect_ids(page, wanted)
    visit.shot(page, "all", full=True)
    history(page).get_by_role("button", name="Clear", exact=True).click()
    expect(rows(page)).to_have_count(25)
    expect(history(page).get_by_label("Search model, path, error, key")).to_have_value("")
    assert "min_id" not in page.url


def test_j32_what_is_no_id(swap: Swap, visit: Visits) -> None:
    """It is marked, and narrows nothing."""
    page = visit(swap)
    expect(rows(page)).to_have_count(25)
    field = menu(page, "ID and key").get_by_label("ID from")
    for text in ("0", "-5", "1.5", "x"):
        field.fill(text)
        field.blur()
        expect(field).to_have_attribute("aria-invalid", "true")
    assert "min_id" not in page.url


def test_j33_live(swap: Swap, visit: Visits) -> None:
    """Page 1 shows what has ended within two seconds; elsewhere rows stay, and a hint says that there are more.

    Where a machine has something else to do, all takes longer: the best of three counts.
    """
    swap.load("alpha")
    page = visit(swap)
    expect(rows(page)).to_have_count(25)
    took: list[float] = []
    while len(took) < 3 and min(took, default=LIVE) >= LIVE:
        took.append(until_seen(swap, page))
    assert min(took) < LIVE, took
    newest = ids(page)[0]
    third = [row["id"] for row in listed(swap, "page=3")["data"]]
    page.goto(f"{swap.url}/ui/#/activity?page=3")
    expect(history(page).locator("[aria-current=page]")).to_have_text("3")
    expect_ids(page, third)
    for _ in range(2):
        swap.chat("alpha", "play hello")
    expect(history(page).get_by_text("2 new requests")).to_be_visible()
    assert ids(page) == third
    visit.shot(page, "hint", full=True)
    history(page).get_by_role("button", name="Show", exact=True).click()
    expect(rows(page).first).to_have_attribute("data-row", str(newest + 2))


def until_seen(swap: Swap, page: Page) -> float:
    """How many seconds it takes from the end of a request until page 1 shows it."""
    newest = ids(page)[0]
    swap.chat("alpha", "play hello")
    ended = time.monotonic()
    expect(rows(page).first).to_have_attribute("data-row", str(newest + 1))
    return time.monotonic() - ended


def test_j33_the_history_cannot_be_read(swap: Swap, visit: Visits) -> None:
    """It says so where one looks, with the time of what is shown; Retry makes it right."""
    visit.allow("503")
    page = visit(swap)
    expect(rows(page)).to_have_count(25)
    page.route("**/api/metrics/activity*", lambda route: route.fulfill(status=503, json={"error": {"message": "busy"}}))
    history(page).get_by_role("columnheader", name="Duration").get_by_role("button").click()
    alert = history(page).get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"as it was at \d\d:\d\d:\d\d\. busy"))
    expect(rows(page)).to_have_count(25)
    visit.shot(page, "failed", full=True)
    page.unroute("**/api/metrics/activity*")
    alert.get_by_role("button", name="Retry").click()
    expect(alert).to_have_count(0)
    expect_ids(page, [row["id"] for row in listed(swap, "sort=duration&order=asc")["data"]])


def test_j34_errors(swap: Swap, visit: Visits) -> None:
    """A status has the colour of what it means; one click shows what went wrong, and a link shows it again."""
    page = visit(swap, "#/activity?status=5xx")
    row = listed(swap, "status=5xx")["data"][0]
    status = rows(page).first.locator("[data-column=resp_status_code]")
    expect(status.locator(".tag")).to_have_class(re.compile("tag-bad"))
    status.get_by_role("button").click()
    expect(history(page).locator(".row-error")).to_have_text(row["error_msg"])
    visit.shot(page, "open", full=True)
    page.reload()
    expect(history(page).locator(".row-error")).to_have_text(row["error_msg"])
    rows(page).first.get_by_role("button", name=f"Details of request {row['id']}").click()
    expect(history(page).locator(".row-error")).to_have_count(0)


def test_j40_export(swap: Swap, visit: Visits) -> None:
    """Markdown of the page, copied as on plain HTTP; files of all that the filters show."""
    context = visit.context()
    context.add_init_script(NOT_SECURE)
    page = context.new_page()
    page.goto(f"{swap.url}/ui/#/activity?status=failed&size=10")
    expect(rows(page)).to_have_count(10)
    history(page).get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export")
    source = dialog.get_by_role("textbox").input_value()
    assert source.startswith("| Summary | Value |\n| --- | --- |\n| Time range | ")
    assert source.rstrip().splitlines()[-1].startswith("Exported from llamaswap, 20")
    assert "| ID | Time | Model |" in source and "Capture" not in source
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied!")).to_be_visible()
    visit.shot(page, "dialog")
    for form in ("CSV", "JSON"):
        with page.expect_download() as download:
            dialog.get_by_role("link", name=form).click()
        text = Path(download.value.path()).read_text()
        found = list(csv.DictReader(text.splitlines())) if form == "CSV" else json.loads(text)
        assert len(found) == listed(swap, "status=failed")["total"]
        assert download.value.suggested_filename == f"activity.{form.lower()}"
    page.keyboard.press("Escape")
    field = history(page).get_by_label("Search model, path, error, key")
    field.focus()
    page.keyboard.press("Control+V")
    expect(field).to_have_value(re.compile(r"Summary \| Value"))


def test_j40_escapes(swap: Swap, visit: Visits) -> None:
    """Pipes of an error do not break the table."""
    page = visit(swap, f"#/activity?q={quote('the context is full')}")
    expect(rows(page).first).to_be_visible()
    menu(page, "Columns").get_by_label("Error", exact=True).check()
    page.keyboard.press("Escape")
    history(page).get_by_role("button", name="Export").click()
    text = page.get_by_role("dialog").get_by_role("textbox").input_value()
    assert r"the context is full \| 4096 tokens |" in text
