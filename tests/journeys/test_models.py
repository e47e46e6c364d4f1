"""The models: what they do, loading and unloading, what they hold, what is said of each (J16 to J27)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import Visits, accessible
from tests.journeys.configurations import fake
from tests.journeys.swap import Swap
from tests.support.live import eventually

MANY = 200
QUICK = 50
"""Milliseconds in which the list has to be narrowed."""
NARROW = """
async (text) => {
  const field = document.querySelector("main input[type=search]");
  const rows = () => document.querySelectorAll(".models-group > .model-row:not([hidden])").length;
  const before = rows();
  const begun = performance.now();
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  while (rows() === before) await new Promise((resolve) => setTimeout(resolve, 0));
  return performance.now() - begun;
}
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swap]:
    """A server of 200 models more."""
    folder = tmp_path_factory.mktemp("many")
    models = {f"m{number}-{'qwen' if number % 10 else 'phi'}": fake(folder, f"m{number}") for number in range(MANY)}
    with Swap(folder, {"models": models}) as server:
        yield server


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swap]:
    """A server with a model that is not kept for long."""
    folder = tmp_path_factory.mktemp("idle")
    with Swap(folder, {"models": {"brief": fake(folder, "brief", ttl=5)}}) as server:
        yield server


def row(page: Page, name: str) -> Locator:
    """The line of a model in the list; other lines may name it as well, as what they had to make room for."""
    lines = page.get_by_role("table", name="Models of this server").get_by_role("row")
    return lines.filter(has=page.get_by_role("link", name=name, exact=True))


def button(page: Page, words: str) -> Locator:
    return page.get_by_role("main").get_by_role("button", name=words, exact=True)


@contextmanager
def streaming(swap: Swap, model: str) -> Iterator[None]:
    """A request of another client is answered meanwhile, and is over behind."""
    prompt = swap.play("long", text=" ".join(["word"] * 300), pause=0.1)

    def chat() -> None:
        with suppress(OSError, HTTPException):  # it is cut off
            swap.chat(model, prompt, stream=True)

    client = threading.Thread(target=chat)
    client.start()
    try:
        for _ in eventually():
            found = swap.ask("GET", "/api/schedule").json()["models"]
            if any(each["id"] == model and each["serving"] for each in found):
                break
        yield
    finally:
        swap.ask("POST", f"/api/models/unload/{model}")
        client.join()


def test_j16_load_and_unload(swap: Swap, visit: Visits) -> None:
    """Starting, ready, stopping and stopped are seen as they happen, and the button follows."""
    page = visit(swap, "#/models")
    beta = row(page, "Beta")  # it starts slowly enough to be seen
    expect(beta).to_contain_text("stopped")
    beta.get_by_role("button", name="Load Beta", exact=True).click()
    expect(beta).to_contain_text("starting")
    expect(beta).to_contain_text("ready")
    visit.shot(page, "ready")
    accessible(page)
    beta.get_by_role("button", name="Unload Beta", exact=True).click()
    expect(beta).to_contain_text("stopped")
    expect(beta).to_contain_text("unloaded: by hand")
    expect(beta.get_by_role("button", name="Load Beta", exact=True)).to_be_enabled()


def test_j17_a_load_is_cancelled(swap: Swap, visit: Visits) -> None:
    """Also when another client has begun it; no process is left."""
    visit.allow(r"status of 500")  # the answer to the load that was given up
    page = visit(swap, "#/models")
    beta = row(page, "Beta")
    beta.get_by_role("button", name="Load Beta").click()
    expect(beta).to_contain_text("starts for")
    visit.shot(page, "starting")
    cancel(swap, page, beta)
    expect(page.get_by_role("alert")).to_have_count(0)  # it is what was wanted
    other = threading.Thread(target=swap.ask, args=("POST", "/api/models/load/beta"))
    other.start()
    expect(beta).to_contain_text("starts for")
    cancel(swap, page, beta)
    other.join()


def cancel(swap: Swap, page: Page, beta: Locator) -> None:
    """End the load of the model, with its process."""
    process = psutil.Process(next(pid for _ in eventually() if (pid := running_pid(swap, "beta"))))
    beta.get_by_role("button", name="Cancel Beta").click()
    expect(beta).to_contain_text("stopped")
    expect(beta).to_contain_text("its load was cancelled")
    for _ in eventually():
        if not process.is_running():
            break


def running_pid(swap: Swap, model: str) -> int:
    """0: it has none."""
    try:
        pid = swap.pid(model)
    except (OSError, ValueError):
        return 0
    return pid if psutil.pid_exists(pid) else 0


def test_j18_a_load_fails(swap: Swap, visit: Visits) -> None:
    """Exit code and last lines are said, the row keeps them with a way to retry, and the log is one click away."""
    visit.allow(r"status of 500")
    page = visit(swap, "#/models")
    gamma = row(page, "Gamma")
    gamma.get_by_role("button", name="Load Gamma").click()
    message = page.get_by_role("alert").filter(has_text="Gamma could not be loaded.")
    expect(message).to_contain_text("exit code 1")
    expect(message).to_contain_text("error: cannot allocate 23.4 GiB on device 0")
    visit.shot(page, "message")
    message.get_by_role("button", name="Dismiss").click()
    expect(gamma).to_contain_text("failed")
    expect(gamma.get_by_role("button", name="Retry Gamma")).to_be_enabled()
    gamma.get_by_text("The last it said").click()
    expect(gamma.get_by_text("error: failed to load model", exact=False).last).to_be_visible()
    accessible(page)
    page.reload()
    expect(gamma).to_contain_text("exit code 1")
    gamma.get_by_role("link", name="Its log").click()
    expect(page.get_by_role("tab", name="Logs")).to_have_attribute("aria-selected", "true")
    log = page.get_by_role("region", name="Log of Gamma")
    line = log.get_by_text("error: cannot allocate 23.4 GiB on device 0").last
    expect(line).to_be_in_viewport()
    visit.shot(page, "log")


def test_j19_unload_all(swap: Swap, visit: Visits) -> None:
    """Both stop; with a request under way a question says how many would be cut."""
    swap.load("alpha")
    swap.load("beta")
    page = visit(swap, "#/models")
    expect(row(page, "Beta")).to_contain_text("ready")
    button(page, "Unload all").click()
    for name in ("Alpha", "Beta"):
        expect(row(page, name)).to_contain_text("stopped")
    expect(button(page, "Unload all")).to_be_disabled()
    with streaming(swap, "alpha"):
        expect(row(page, "Alpha")).to_contain_text("1 answering")
        button(page, "Unload all").click()
        dialog = page.get_by_role("dialog", name="Unload all models?")
        expect(dialog).to_contain_text("One request is under way, and would be cut.")
        visit.shot(page, "confirm")
        dialog.get_by_role("button", name="Cancel").click()
        expect(row(page, "Alpha")).to_contain_text("ready")
        button(page, "Unload all").click()
        dialog.get_by_role("button", name="Unload all").click()
        expect(row(page, "Alpha")).to_contain_text("stopped")


def test_j20_unlisted(swap: Swap, visit: Visits) -> None:
    """They appear on the page and in the sidebar, and stay so."""
    page = visit(swap, "#/models")
    sidebar = page.get_by_role("navigation", name="Pages")
    expect(row(page, "Alpha")).to_be_visible()
    expect(row(page, "Delta")).to_have_count(0)
    expect(sidebar.get_by_role("link", name="delta")).to_have_count(0)
    page.get_by_role("main").get_by_text("Show unlisted").click()
    expect(row(page, "Delta")).to_contain_text("unlisted")
    expect(sidebar.get_by_role("link", name="delta")).to_be_visible()
    page.reload()
    expect(row(page, "Delta")).to_be_visible()
    expect(sidebar.get_by_role("link", name="delta")).to_be_visible()


def test_j21_profiles(swap: Swap, visit: Visits) -> None:
    """The card lists what the chosen one pins, for everybody who looks."""
    page, other = visit(swap, "#/models"), visit(swap, "#/models")
    for each in (page, other):
        expect(each.get_by_role("region", name="Profiles")).to_contain_text("No profile is active.")
    page.get_by_role("combobox", name="Profile").select_option("coding")
    for each in (page, other):
        card = each.get_by_role("region", name="Profiles")
        expect(card).to_contain_text("coding")
        expect(card.locator("dl")).to_contain_text("llm→ leads to alpha")
        expect(card.locator("dl")).to_contain_text("off→ leads to disabled")
        expect(each.get_by_role("combobox", name="Profile")).to_have_value("coding")
    visit.shot(page, "coding")
    other.get_by_role("combobox", name="Profile").select_option("None")
    expect(page.get_by_role("region", name="Profiles")).to_contain_text("No profile is active.")


def test_j22_selectors(swap: Swap, visit: Visits) -> None:
    """Strategy, number, and links to the targets."""
    page = visit(swap, "#/models")
    card = page.get_by_role("region", name="Selectors")
    expect(card).to_contain_text("Auto")
    expect(card).to_contain_text("spillover")
    expect(card).to_contain_text("from 2 requests on")
    expect(card.get_by_role("link")).to_have_text(["alpha", "beta"])
    card.get_by_role("link", name="beta").click()
    expect(page.get_by_role("heading", name="Beta beta")).to_be_visible()


def test_j23_peers(swap: Swap, visit: Visits) -> None:
    """They are listed, and nothing here loads them."""
    page = visit(swap, "#/models")
    card = page.get_by_role("region", name="Models of peers")
    expect(card).to_contain_text("p1/zed")
    expect(card.get_by_role("button")).to_have_count(0)
    card.get_by_role("link", name="p1/zed").click()
    expect(page.get_by_role("main")).to_contain_text("A model of the peer p1")
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def test_j24_many_models(many: Swap, visit: Visits) -> None:
    """Three letters narrow the list at once; sort and pins survive a reload, and the search is in the address."""
    page = visit(many, "#/models")
    lines = page.locator(".models-group > .model-row:not([hidden])")
    expect(lines).to_have_count(MANY + 4)
    took = []
    for _ in range(3):
        took.append(page.evaluate(NARROW, "phi"))
        expect(lines).to_have_count(MANY // 10)
        page.evaluate(NARROW, "")
    assert min(took) < QUICK, took
    visit.shot(page, "many")
    many.load("m30-phi")
    page.get_by_role("searchbox", name="Search models").fill("phi")
    row(page, "m150-phi").get_by_role("button", name="Pin m150-phi to the top").click()
    page.get_by_role("combobox", name="Sort by").select_option("Most used")
    expect(lines.nth(0)).to_contain_text("m150-phi")
    expect(lines.nth(1)).to_contain_text("m30-phi")
    page.reload()
    expect(lines).to_have_count(MANY // 10)
    expect(lines.nth(0)).to_contain_text("m150-phi")
    expect(lines.nth(1)).to_contain_text("m30-phi")
    page.goto(f"{many.url}/ui/#/models")
    expect(page.get_by_role("combobox", name="Sort by")).to_have_value("used")
    expect(lines.nth(0)).to_contain_text("m150-phi")


def test_j25_memory(swap: Swap, visit: Visits) -> None:
    """Each row shows what it holds, and a bar for each GPU what is used, and by whom."""
    swap.load("alpha")
    swap.load("beta")
    page = visit(swap, "#/models")
    first = page.get_by_role("group", name="GPU 0 NVIDIA GeForce RTX 3090: 6.5 GiB of 24.0 GiB used")
    expect(first).to_be_visible()
    expect(first.get_by_role("listitem")).to_contain_text(["Alpha6.0 GiB", "others512 MiB"])
    second = page.get_by_role("group", name="GPU 1 NVIDIA GeForce RTX 3090: 10.5 GiB of 24.0 GiB used")
    expect(second.get_by_role("listitem")).to_contain_text(["Beta10.0 GiB", "others512 MiB"])
    expect(row(page, "Alpha")).to_contain_text("6.0 GiB GPU")
    expect(row(page, "Beta")).to_contain_text("10.0 GiB GPU")
    expect(page.get_by_role("group", name="RAM of the machine")).to_be_visible()
    visit.shot(page, "memory")
    accessible(page)


def test_j26_time_to_live(idle: Swap, visit: Visits) -> None:
    """An idle model counts down; when it has gone, its history says why."""
    page = visit(idle, "#/models")
    brief = row(page, "brief")
    expect(brief).to_contain_text("stopped")  # what it does is seen from here on, however long the page took
    idle.load("brief")
    expect(brief).to_contain_text("unloads in 0:0")
    visit.shot(page, "countdown")
    expect(brief).to_contain_text("stopped")
    expect(brief).to_contain_text("unloaded: it was idle for too long")
    brief.get_by_role("link", name="brief", exact=True).click()
    page.get_by_role("tab", name="Details").click()
    history = page.get_by_role("region", name="What has happened").first
    expect(history.get_by_role("row").nth(1)).to_contain_text("it was idle for too long")


def test_j27_one_model(swap: Swap, visit: Visits) -> None:
    """An alias leads to it; each tab is about it alone."""
    swap.load("alpha")
    swap.load("org/omega v1")
    page = visit(swap, "#/models/alpha-fast")
    expect(page.get_by_role("heading", name="Alpha alpha")).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("Alpha")
    total = swap.ask("GET", "/api/metrics/activity?model=alpha&limit=1").json()["total"]
    expect(page.get_by_role("tabpanel")).to_contain_text(f"{total} requests")
    visit.shot(page, "activity", full=True)
    page.get_by_role("tab", name="Logs").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("alpha")
    visit.shot(page, "logs")
    page.get_by_role("tab", name="Details").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("--name 'alpha'")
    expect(page.get_by_role("tabpanel").get_by_role("link", name="beta")).to_be_visible()
    assert page.url.endswith("?tab=details")
    visit.shot(page, "details", full=True)
    accessible(page)
    cold = visit(swap, "#/models/org%2Fomega%20v1?tab=details")
    expect(cold.get_by_role("heading", name="org/omega v1", exact=True)).to_be_visible()
    expect(cold.get_by_role("tab", name="Details")).to_have_attribute("aria-selected", "true")


def test_on_a_phone(swap: Swap, visit: Visits) -> None:
    """Everything is there, and nothing is wider than the screen."""
    swap.load("alpha")
    for fragment in ("#/models?group=group", "#/models/alpha?tab=details"):
        page = visit(swap, fragment, phone=True)
        expect(page.get_by_role("button", name="Unload Alpha")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), fragment
        visit.shot(page, "list" if "group" in fragment else "details", full=True)
