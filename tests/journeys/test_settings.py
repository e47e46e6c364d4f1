"""What users choose for themselves, and the browser keeps: sidebar, theme, title (J10 to J12)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import Visits, accessible
from tests.journeys.swap import Swap
from tests.support.live import eventually

GROUND = "getComputedStyle(document.documentElement).backgroundColor"
ACCENT = "getComputedStyle(document.documentElement).getPropertyValue('--hue').trim()"
WATCH_GROUND = """
window.grounds = new Set();
const look = () => {
  window.grounds.add(getComputedStyle(document.documentElement).backgroundColor);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
LONG = "A title that is much longer than sixty-four characters, for whoever likes to write a lot"


def kept(page: Page, area: str) -> object:
    """What the browser keeps of an area of preferences."""
    return json.loads(page.evaluate(f"localStorage.getItem('llamaswap.v1.{area}') ?? 'null'"))


def appearance(page: Page, choice: str) -> None:
    """Choose something of the card Appearance."""
    page.get_by_role("region", name="Appearance").get_by_role("radio", name=choice, exact=True).check()


@pytest.mark.parametrize("way", ["keys", "button"])
def test_j10_the_sidebar(swap: Swap, visit: Visits, way: str) -> None:
    """It collapses to icons with names, and stays so after a reload."""
    page = visit(swap, "#/settings")
    sidebar = page.locator(".sidebar").first
    wide = sidebar.bounding_box()
    if way == "keys":
        page.keyboard.press("Control+b")
    else:
        page.get_by_role("button", name="Collapse the sidebar").click()
    expect(page.get_by_role("button", name="Expand the sidebar")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Expand the sidebar")).to_be_visible()
    narrow = sidebar.bounding_box()
    assert wide and narrow and narrow["width"] < wide["width"] / 2
    entry = page.get_by_role("navigation", name="Pages").locator("a[title=Models]")
    expect(entry).to_be_visible()
    visit.shot(page, "collapsed")
    page.keyboard.press("Control+b")
    expect(page.get_by_role("button", name="Collapse the sidebar")).to_be_visible()


def test_j11_the_theme(swap: Swap, visit: Visits) -> None:
    """Each choice applies at once and after a reload; System follows the system."""
    page = visit(swap, "#/settings")
    light = page.evaluate(GROUND)
    appearance(page, "Dark")
    dark = page.evaluate(GROUND)
    assert dark != light
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    visit.shot(page, "dark", full=True)
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    assert page.evaluate(GROUND) == dark
    appearance(page, "System")
    assert page.evaluate(GROUND) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(GROUND) == dark
    appearance(page, "Light")
    assert page.evaluate(GROUND) == light


def test_j11_the_palettes(swap: Swap, visit: Visits) -> None:
    """Each has a hue of its own, in both themes, and is there again after a reload."""
    page = visit(swap, "#/settings")
    hues = set()
    for name in ("Ocean", "Emerald", "Violet", "Rose", "Amber", "Slate", "Terminal", "Indigo"):
        appearance(page, name)
        hues.add(page.evaluate(ACCENT))
        accessible(page)
        visit.shot(page, name.lower(), full=True)
    assert len(hues) == 8
    appearance(page, "Rose")
    page.reload()
    expect(page.get_by_role("radio", name="Rose")).to_be_checked()
    assert page.evaluate(ACCENT) == "8"


def test_j11_no_wrong_frame(swap: Swap, visit: Visits) -> None:
    """Whoever has chosen dark never sees light, not for one frame."""
    context = visit.context()
    page = context.new_page()
    page.goto(f"{swap.url}/ui/#/settings")
    appearance(page, "Dark")
    dark = page.evaluate(GROUND)
    context.add_init_script(WATCH_GROUND)
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    for _ in eventually():
        if page.evaluate("window.grounds.size > 0"):
            break
    assert page.evaluate("[...window.grounds]") == [dark]


def test_j12_the_title(swap: Swap, visit: Visits) -> None:
    """Renamed in the sidebar or here, it stands in the sidebar and the document's title; also after a reload."""
    page = visit(swap, "#/settings")
    page.get_by_role("button", name="Rename").click()
    field = page.get_by_role("textbox", name="Title of these pages")
    field.fill("  My   models ")
    field.press("Enter")
    expect(page.locator(".brand-title strong").first).to_have_text("My models")
    page.get_by_role("button", name="Rename").click()
    field.fill("Not that")
    field.press("Escape")
    expect(page.locator(".brand-title strong").first).to_have_text("My models")
    page.reload()
    expect(page.locator(".brand-title strong").first).to_have_text("My models")
    expect(page).to_have_title("🟢 Settings · My models")
    title = page.get_by_role("region", name="Appearance").get_by_label("Title")
    expect(title).to_have_value("My models")
    title.evaluate("(field, text) => { field.removeAttribute('maxlength'); }", LONG)
    title.fill(LONG)
    title.press("Enter")
    expect(page.locator(".brand-title strong").first).to_have_text(LONG[:64].strip())
    title.fill("   ")
    title.press("Enter")
    expect(page.locator(".brand-title strong").first).to_have_text("llamaswap")
    assert kept(page, "look") is None


def test_preferences_go_along(swap: Swap, visit: Visits, tmp_path: Path) -> None:
    """What one browser has exported another one imports; a wrong file changes nothing; a reset forgets all."""
    page = visit(swap, "#/settings")
    appearance(page, "Dark")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "preferences.json"
    saved.value.save_as(file)
    other = visit(swap, "#/settings")
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    other.locator("input[type=file]").set_input_files(wrong)
    expect(other.get_by_text("This is no file of preferences.")).to_be_visible()
    other.locator("input[type=file]").set_input_files(file)
    expect(other.get_by_role("radio", name="Dark")).to_be_checked()
    other.get_by_role("button", name="Reset").click()
    dialog = other.get_by_role("dialog", name="Reset all preferences?")
    visit.shot(other, "reset")
    dialog.get_by_role("button", name="Reset").click()
    expect(other.get_by_role("radio", name="System")).to_be_checked()
    assert kept(other, "look") is None


def test_the_server_and_no_key(swap: Swap, visit: Visits) -> None:
    """Which server this is, how it is connected, and that it needs no key."""
    page = visit(swap, "#/settings")
    server = page.get_by_role("region", name="Server")
    version = swap.ask("GET", "/api/version").json()["version"]
    expect(server).to_contain_text(version)
    expect(server).to_contain_text("Connected")
    expect(server).to_contain_text(swap.url)
    expect(page.get_by_role("region", name="Your key")).to_contain_text("needs no API key")
    accessible(page)
