"""Keys: getting in, staying out, and leaving again (J08)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import Visits, accessible
from tests.journeys.swap import Swap
from tests.journeys.test_shell import heading

ADMIN, USE, READ = "sk-journey-admin", "sk-journey-use", "sk-journey-read"
KEYS: list[dict[str, Any]] = [
    {"name": "boss", "key": ADMIN, "scopes": ["admin", "read", "inference"], "quota": {"tokens": 5000}},
    {"name": "user", "key": USE, "scopes": ["inference"], "models": ["alpha"], "rateLimit": {"requests": 60}},
    {"name": "reader", "key": READ, "scopes": ["read"]},
]
REFUSED = r"status of (401|403|429)"
"""What the browser says of answers that are about keys."""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Swap]:
    """A server that lets nobody in without a key."""
    with Swap(tmp_path, {"apiKeys": KEYS}, key=ADMIN) as server:
        yield server


def log_in(page: Page, key: str) -> None:
    """Give the form a key."""
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Log in").click()


def test_j08_a_key_is_asked_for(locked: Swap, visit: Visits) -> None:
    """A form appears; a wrong key says so; the right one opens the page that was asked for; logging out leads back."""
    visit.allow(REFUSED)
    page = visit(locked, "#/configuration?q=ttl")
    expect(page.get_by_label("API key")).to_be_focused()
    accessible(page)
    visit.shot(page, "form")
    log_in(page, "sk-wrong")
    expect(page.get_by_role("alert")).to_have_text("This is no API key of this server.")
    expect(page.get_by_label("API key")).to_be_focused()
    visit.shot(page, "wrong")
    log_in(page, ADMIN)
    expect(heading(page)).to_contain_text("Configuration")
    expect(page.get_by_role("searchbox")).to_have_value("ttl")
    assert page.url.endswith("#/configuration?q=ttl")
    page.get_by_role("button", name="Log out").first.click()
    expect(page.get_by_label("API key")).to_be_visible()
    expect(page.get_by_text("This server needs an API key.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("API key")).to_be_visible()


def test_j08_the_key_can_be_looked_at(locked: Swap, visit: Visits) -> None:
    """Before it is sent, for those who type it."""
    page = visit(locked)
    field = page.get_by_label("API key")
    field.fill("abc")
    page.get_by_role("button", name="Show the key").click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value("abc")
    page.get_by_role("button", name="Hide the key").click()
    expect(field).to_have_attribute("type", "password")


def test_j08_too_many_wrong_keys(locked: Swap, visit: Visits) -> None:
    """Whoever tries too often is told to wait."""
    visit.allow(REFUSED)
    for _ in range(10):
        assert locked.ask("POST", "/api/login", {"key": "wrong"}).status == 401
    page = visit(locked)
    log_in(page, ADMIN)
    expect(page.get_by_role("alert")).to_contain_text("Too many wrong keys")


def test_j08_a_revoked_key(locked: Swap, visit: Visits) -> None:
    """Its pages show the form at once, and do not ask again and again."""
    visit.allow(REFUSED, "ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION")
    page = visit.context().new_page()
    page.clock.install()
    page.goto(f"{locked.url}/ui/#/models")
    log_in(page, READ)
    expect(page.locator(".connection-open").first).to_be_visible()
    locked.write({"apiKeys": KEYS[:2]})
    locked.reload()
    expect(page.get_by_label("API key")).to_be_visible()
    expect(page.get_by_text("You are logged out")).to_be_visible()
    visit.shot(page, "revoked")
    page.clock.run_for(10_000)  # several requests may have been refused at once, and each is a reason to ask
    before = len(visit.requests)
    page.clock.run_for(120_000)
    assert len(visit.requests) == before, [each.url for each in visit.requests[before:]]
    log_in(page, ADMIN)
    expect(heading(page)).to_contain_text("Models")


def test_j08_what_a_key_is_good_for(locked: Swap, visit: Visits) -> None:
    """A key for models only sees the playground and its own rights; other pages say what they need."""
    page = visit(locked, "#/settings")
    log_in(page, USE)
    card = page.get_by_role("region", name="Your key")
    expect(card).to_contain_text("user")
    expect(card).to_contain_text("inference")
    expect(card).to_contain_text("alpha")
    expect(card.get_by_text(re.compile(r"of 60 in 1:00"))).to_be_visible()
    names = page.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()
    assert names == ["Playground", "Settings"], names
    expect(page.get_by_role("region", name="Server")).to_contain_text("Not followed")
    visit.shot(page, "rights", full=True)
    page.goto(page.url.partition("#")[0] + "#/configuration")
    expect(page.get_by_role("main")).to_contain_text("It needs the scope “admin”.")
