"""The shell: navigation, links, connection, small screens, the keyboard (J01 to J07, J13, J14)."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.browser import Visits
from tests.journeys.swap import Swap


def test_j01_the_landing_page(swap: Swap, visit: Visits) -> None:
    """`/` leads to Activity, connected, and the document's title says so."""
    page = visit.context().new_page()
    page.goto(f"{swap.url}/")
    expect(page.get_by_role("heading", level=1, name="Activity")).to_be_visible()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page).to_have_title("🟢 Activity · llamaswap")
    assert page.url.startswith(f"{swap.url}/ui/")
