"""What models say is never more than text: an answer, a log or an error cannot do anything (J51)."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.attacks import ALL, CORPUS, END, LEAK
from tests.journeys.browser import Visits
from tests.journeys.chatting import complete
from tests.journeys.swap import Swap
from tests.journeys.upstream.scripts import Tool

FORBIDDEN = "iframe, object, embed, form:not([data-ours]), base, meta, link, script, style, video, audio, template"
LINKS = """
(main) => [...main.querySelectorAll("a[href]")].map((each) => ({
  protocol: each.protocol, rel: each.rel, target: each.target, ours: each.host === location.host,
}))
"""
HANDLERS = """
(main) => [...main.querySelectorAll("*")].flatMap((each) => [...each.attributes])
  .filter(({ name, value }) => name.startsWith("on") || /javascript:/i.test(name === "href" ? value : ""))
  .map(({ name, value }) => `${name}=${value}`)
"""


@pytest.fixture(scope="module")
def hostile(module_swap: Swap) -> str:
    """What to ask a model for all of it: as reasoning, as answer, as the call of a tool, in its log."""
    tool = Tool(name=CORPUS[2], arguments=json.dumps({"x": CORPUS[2]}))
    lines = [text.replace("\n", " ") for text in CORPUS]
    return module_swap.play("hostile", text=ALL, reasoning=ALL, tools=[tool], log=lines, pause=0.0)


def harmless(page: Page, visit: Visits, swap: Swap) -> None:
    """Nothing was asked for, and nothing is there that could run. What ran would have thrown."""
    strangers = [each.url for each in visit.requests if not each.url.startswith((swap.url, "blob:", "data:"))]
    assert strangers == []
    main = page.get_by_role("main")
    assert main.evaluate(HANDLERS) == []
    for link in main.evaluate(LINKS):
        assert link["protocol"] in ("http:", "https:", "mailto:", "blob:"), link
        assert link["ours"] or (
            link["target"] == "_blank" and {"noopener", "noreferrer"} <= set(link["rel"].split())
        ), link


def test_j51_in_an_answer(swap: Swap, visit: Visits, hostile: str) -> None:
    """In the answer, in the reasoning and in the call of a tool; shown formatted, and as source."""
    page = visit(swap, "#/playground/chat?model=alpha")
    page.get_by_role("textbox", name="Message").fill(hostile)
    page.get_by_role("textbox", name="Message").press("Enter")
    complete(page, timeout=60_000)
    expect(page.get_by_text(END, exact=True).last).to_be_visible()
    for more in page.locator("main details:not([open]) > summary").all():
        more.click()
    answer = page.locator("main .md")
    expect(answer.first).to_contain_text("onerror")
    expect(answer.locator(FORBIDDEN)).to_have_count(0)
    harmless(page, visit, swap)
    visit.shot(page, "formatted")
    page.get_by_role("button", name="Show the source").last.click()
    harmless(page, visit, swap)
    page.reload()
    expect(page.get_by_text(END, exact=True).last).to_be_visible()
    harmless(page, visit, swap)


def test_j51_in_a_log_and_a_capture(swap: Swap, visit: Visits, hostile: str) -> None:
    """Where operators look at the same."""
    swap.chat("alpha", hostile, stream=True)
    page = visit(swap, "#/logs")
    expect(page.get_by_text("onerror=").first).to_be_visible()
    harmless(page, visit, swap)
    visit.shot(page, "log")
    page = visit(swap, "#/activity")
    page.get_by_role("button", name="View the capture").first.click()
    expect(page.get_by_role("dialog").get_by_text(END).first).to_be_visible()
    harmless(page, visit, swap)


def test_j51_in_an_error(swap: Swap, visit: Visits) -> None:
    """A refusal in the words of the model."""
    prompt = swap.play("rude", status=400, error="".join(CORPUS[:10]))
    page = visit(swap, "#/playground/chat?model=alpha")
    page.get_by_role("textbox", name="Message").fill(prompt)
    page.get_by_role("textbox", name="Message").press("Enter")
    visit.allow("400")
    expect(page.get_by_text(f"{LEAK}/a.png").first).to_be_visible()
    harmless(page, visit, swap)
