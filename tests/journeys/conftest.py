"""What every journey has. How to write one: the package's docstring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

import llamaswap
from tests.journeys.browser import FLAGS, Visits, chromium
from tests.journeys.swap import Swap

PATIENCE = 20_000
"""Milliseconds in which what is expected of a page has to come true."""
UI = Path(llamaswap.__file__).parent / "ui_dist" / "index.html"
NO_UI = f"the UI is not built ({UI} is missing): run `npm ci --ignore-scripts && npm run build` in ui/"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, one for all tests; each page has a profile of its own."""
    assert UI.exists(), NO_UI
    expect.set_options(timeout=PATIENCE)
    running = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
    yield running
    running.close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing stands between us and the loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="module")
def module_swap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swap]:
    """The server of a module's tests."""
    with Swap(tmp_path_factory.mktemp("swap")) as server:
        yield server


@pytest.fixture
def swap(module_swap: Swap) -> Swap:
    """That server at rest: no model is loaded."""
    module_swap.rest()
    return module_swap


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """Opens pages. What a page complains of fails the test."""
    visits = Visits(browser, request.node.name)
    yield visits
    complaints = visits.close()
    assert not complaints, "\n".join(complaints)
