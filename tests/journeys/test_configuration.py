"""The configuration: what is in force, and editing it (J69)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import OUTAGE, Visits, accessible
from tests.journeys.configurations import fake
from tests.journeys.swap import Swap
from tests.journeys.test_login import ADMIN, KEYS, REFUSED, log_in
from tests.support.live import eventually

SECRET = "hunter22-of-the-journey"
FLAG = "--allow-config-edit"


@pytest.fixture
def editable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Swap]:
    """A server that was started so that its configuration may be edited."""
    monkeypatch.setenv("JOURNEY_TOKEN", SECRET)
    hidden = fake(tmp_path, "hidden", "--ready", "0.2", metadata={"token_of": "${env.JOURNEY_TOKEN}"})
    hidden["env"] = [*hidden["env"], "HF_TOKEN=${env.JOURNEY_TOKEN}"]
    with Swap(tmp_path, {"apiKeys": KEYS, "models": {"hidden": hidden}}, key=ADMIN, flags=[FLAG]) as server:
        yield server


def editor(page: Page) -> Locator:
    """The field that the text of the file is in."""
    return page.get_by_label("Text of config.yaml")


def opened(swap: Swap, visit: Visits, fragment: str = "#/configuration?tab=files", **options: bool) -> Page:
    """The page, with the key of somebody who may edit."""
    visit.allow(REFUSED, r"status of (409|422)")
    page = visit(swap, fragment, **options)
    log_in(page, ADMIN)
    if "tab=files" in fragment:
        unlock(page)
    return page


def unlock(page: Page, key: str = ADMIN) -> None:
    """Show the key, as one has to for editing although one is logged in."""
    page.get_by_label("Admin key").fill(key)
    page.get_by_role("button", name="Edit", exact=True).click()


def file(swap: Swap) -> Path:
    """The configuration."""
    return swap.folder / "config.yaml"


def test_what_is_in_force(editable: Swap, visit: Visits) -> None:
    """Folded by section, searchable, with secrets masked; the search stands in the address."""
    page = opened(editable, visit, "#/configuration")
    main = page.get_by_role("main")
    expect(main.get_by_text("healthCheckTimeout", exact=True).first).to_be_visible()
    visit.shot(page, "folded", full=True)
    accessible(page)
    page.get_by_role("searchbox").fill("token_of")
    expect(main.get_by_text("${env.JOURNEY_TOKEN}").first).to_be_visible()
    expect(main.get_by_text("healthCheckTimeout")).to_have_count(0)
    assert "q=token_of" in page.url
    visit.shot(page, "found")
    page.get_by_role("searchbox").fill("no such thing")
    expect(main).to_contain_text("Nothing in the configuration holds")
    page.get_by_role("button", name="Clear the search").click()
    page.get_by_role("button", name="Unfold all").click()
    expect(main.get_by_text("keepAlive", exact=True)).to_be_visible()
    shown = page.content()
    for secret in (SECRET, *(str(key["key"]) for key in KEYS)):
        assert secret not in shown
    accessible(page)


def test_j69_the_key_itself(editable: Swap, visit: Visits) -> None:
    """It is asked for before a file is shown, and is in no storage of the browser; a wrong one is told."""
    visit.allow(REFUSED)
    page = visit(editable, "#/configuration?tab=files")
    log_in(page, ADMIN)
    expect(page.get_by_role("main")).to_contain_text("Editing needs the key itself")
    expect(editor(page)).to_have_count(0)
    unlock(page, "sk-wrong")
    expect(page.get_by_text("This is no API key of this server.")).to_be_visible()
    expect(page.get_by_label("Admin key")).to_be_focused()
    visit.shot(page, "asked")
    accessible(page)
    unlock(page)
    expect(editor(page)).to_have_value(file(editable).read_text())
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert ADMIN not in kept
    assert ADMIN not in page.evaluate("document.documentElement.outerHTML")


def test_j69_an_invalid_value(editable: Swap, visit: Visits) -> None:
    """The line is marked with what is wrong, and nothing can be applied."""
    page = opened(editable, visit)
    before = file(editable).read_text()
    expect(editor(page)).to_have_value(before)
    visit.shot(page, "opened")
    editor(page).fill(before.replace("queueSize", "queueSize") + "queueSize: many\n")
    line = before.count("\n") + 1
    mark = page.locator(".config-editor-mark")
    expect(mark).to_have_text(str(line))
    expect(mark).to_have_attribute("title", re.compile("queueSize.*integer"))
    expect(page.get_by_role("main")).to_contain_text("1 problem")
    expect(page.get_by_role("button", name="Review and apply")).to_be_disabled()
    expect(editor(page)).to_have_attribute("aria-invalid", "true")
    accessible(page)
    page.get_by_role("button", name=f"Go to line {line}").click()
    expect(editor(page)).to_be_focused()
    visit.shot(page, "invalid")
    assert file(editable).read_text() == before
    editor(page).fill(before)
    expect(mark).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("No changes.")


def test_j69_a_valid_change(editable: Swap, visit: Visits) -> None:
    """It is shown before it is applied; models that it does not touch run on; the old text lies beside the new one."""
    editable.load("alpha")
    pid = editable.pid("alpha")
    page = opened(editable, visit)
    before = file(editable).read_text()
    expect(editor(page)).to_have_value(before)
    after = before.replace("name: Beta", "name: Better") + "metricsMaxInMemory: 99\n"
    editor(page).fill(after)
    page.get_by_role("button", name="Review and apply").click()
    dialog = page.get_by_role("dialog", name="Changes to config.yaml")
    expect(dialog).to_contain_text("1 model changed without a restart")
    expect(dialog.locator(".config-diff-new")).to_have_text(
        [re.compile("name: Better"), re.compile("metricsMaxInMemory: 99")]
    )
    expect(dialog).to_contain_text("config.yaml.bak")
    visit.shot(page, "review")
    accessible(page)
    assert file(editable).read_text() == before
    dialog.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The configuration is written and in force.")).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("No changes.")
    visit.shot(page, "applied")
    assert (file(editable).read_text(), file(editable).with_name("config.yaml.bak").read_text()) == (after, before)
    assert (editable.states()["alpha"], editable.pid("alpha")) == ("ready", pid)
    page.get_by_role("tab", name="In force").click()
    page.get_by_role("searchbox").fill("metricsMax")
    expect(page.get_by_role("main").get_by_text("99", exact=True).first).to_be_visible()


def test_a_model_that_starts_again(editable: Swap, visit: Visits) -> None:
    """What is added, removed and started again is told by name before it happens."""
    page = opened(editable, visit)
    before = file(editable).read_text()
    expect(editor(page)).to_have_value(before)
    gamma = before[before.index("  gamma:") : before.index("  delta:")]
    extra = "  fresh: {cmd: sleep 9, proxy: 'http://127.0.0.1:9'}\n"
    editor(page).fill(before.replace(gamma, extra).replace("name: Beta", "name: Beta\n    checkEndpoint: /other"))
    page.get_by_role("button", name="Review and apply").click()
    dialog = page.get_by_role("dialog")
    for words in ("1 model added", "fresh", "1 model removed", "gamma", "1 model started again", "beta"):
        expect(dialog).to_contain_text(words)
    visit.shot(page, "review")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Discard changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard changes").click()
    expect(editor(page)).to_have_value(before)


def test_somebody_else_was_faster(editable: Swap, visit: Visits) -> None:
    """The draft is not lost: it can be compared, kept on top of the new version, and applied then."""
    page = opened(editable, visit)
    before = file(editable).read_text()
    expect(editor(page)).to_have_value(before)
    editor(page).fill(before + "queueSize: 98\n")
    page.get_by_role("button", name="Review and apply").click()
    theirs = "logLevel: debug\n" + before
    file(editable).write_text(theirs)
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The file has changed since you began.")).to_be_visible()
    expect(editor(page)).to_have_value(before + "queueSize: 98\n")
    expect(page.get_by_role("button", name="Review and apply")).to_be_disabled()
    visit.shot(page, "conflict")
    page.get_by_role("button", name="Show what differs").click()
    expect(page.get_by_role("dialog").locator(".config-diff-gone")).to_contain_text("logLevel: debug")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keep my draft").click()
    page.get_by_role("button", name="Review and apply").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The configuration is written and in force.")).to_be_visible()
    assert file(editable).read_text() == before + "queueSize: 98\n"


def test_a_draft_stays(editable: Swap, visit: Visits) -> None:
    """Through a reload of the page, a visit elsewhere and a restart of the server; logging out ends it."""
    visit.allow(OUTAGE)
    page = opened(editable, visit)
    before = file(editable).read_text()
    expect(editor(page)).to_have_value(before)
    draft = before + "# a remark\n"
    editor(page).fill(draft)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings", exact=True).click()
    page.go_back()
    expect(editor(page)).to_have_value(draft)
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("Your draft is kept in this tab.")
    unlock(page)
    expect(editor(page)).to_have_value(draft)
    expect(page.get_by_role("main")).to_contain_text("This is your draft.")
    editable.stop()
    expect(page.locator(".connection-open")).to_have_count(0)
    editable.start()
    form = page.get_by_label("API key")
    for _ in eventually():
        if form.is_visible() or page.locator(".connection-open").first.is_visible():
            break
    if form.is_visible():
        log_in(page, ADMIN)
        unlock(page)
    expect(editor(page)).to_have_value(draft)
    page.get_by_role("button", name="Log out").first.click()
    log_in(page, ADMIN)
    page.goto(f"{editable.url}/ui/#/configuration?tab=files")
    unlock(page)
    expect(editor(page)).to_have_value(before)


def test_editing_is_off(swap: Swap, visit: Visits) -> None:
    """Where the server was not started so, the page says how."""
    page = visit(swap, "#/configuration?tab=files")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Editing is switched off")
    expect(main).to_contain_text(FLAG)
    expect(main.get_by_role("textbox")).to_have_count(0)
    accessible(page)


def test_a_phone(editable: Swap, visit: Visits) -> None:
    """Both parts fit a small screen."""
    page = opened(editable, visit, phone=True)
    expect(editor(page)).to_have_value(file(editable).read_text())
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    visit.shot(page, "editor")
    page.get_by_role("tab", name="In force").tap()
    expect(page.get_by_role("main")).to_contain_text("healthCheckTimeout")
    assert page.evaluate(overflow) <= 0
    visit.shot(page, "in-force")
