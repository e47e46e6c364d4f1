"""How busy the machine is, and what it is made of (J67, J68)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.journeys.browser import Visits, accessible
from tests.journeys.swap import Swap

FIGURES = "/api/performance"
HIDE = """(hidden) => {
  const visibilityState = hidden ? "hidden" : "visible";
  Object.defineProperty(document, "visibilityState", { configurable: true, value: visibilityState });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""What a browser does when another tab is shown instead."""


def asked(visit: Visits) -> int:
    """How often the figures were asked for."""
    return sum(FIGURES in request.url for request in visit.requests)


def test_j67_charts(swap: Swap, visit: Visits) -> None:
    """They fill, with values, one line for each card; the choices stay; a hidden tab asks for nothing."""
    swap.load("alpha")
    page = visit(swap, "#/performance")
    for name in ("GPU load", "GPU memory", "GPU power", "Processor", "Memory", "Load average"):
        expect(page.get_by_role("img", name=re.compile(rf"^{name}\. Latest: .*\d"))).to_be_visible()
    load = page.locator(".chart-card").filter(has=page.get_by_role("heading", name="GPU load"))
    for card, value in (("#0", "35 %"), ("#1", "55 %")):
        expect(load.get_by_role("button", name=re.compile(f"RTX 3090 {card}"))).to_contain_text(value)
    memory = page.locator(".chart-card").filter(has=page.get_by_role("heading", name="GPU memory by model"))
    expect(memory.get_by_role("listitem")).to_contain_text(re.compile("alpha.*6.0 GiB"))
    expect(page.get_by_text(re.compile(r"swaps? (is|are) marked"))).to_be_visible()
    expect(page.locator(".plot canvas").nth(7)).to_be_attached()
    visit.shot(page, "charts", full=True)
    accessible(page)
    page.get_by_role("combobox", name="Show").select_option("5")
    page.get_by_role("combobox", name="Refresh").select_option("0")
    page.reload()
    expect(page.get_by_role("combobox", name="Show")).to_have_value("5")
    expect(page.get_by_role("combobox", name="Refresh")).to_have_value("0")
    line = load.get_by_role("button", name=re.compile("#0"))
    line.click()
    expect(line).to_have_attribute("aria-pressed", "false")
    load.get_by_role("button", name="GPU load: Table").click()
    expect(load.get_by_role("columnheader", name=re.compile("#1"))).to_be_visible()
    expect(load.get_by_role("row").nth(1)).to_contain_text("55 %")
    visit.shot(page, "table")


def recorded() -> dict[str, Any]:
    """An hour of figures that ends now, with ten minutes in which nobody looked."""
    end = datetime.now(UTC).replace(microsecond=0)
    times = [(n, end - timedelta(seconds=5 * n)) for n in range(720, -1, -1) if not 150 < n < 270]
    system, gpus = [], []
    for n, when in times:
        stamp = {"timestamp": when.isoformat().replace("+00:00", "Z")}
        wave = math.sin(n / 25)
        memory = {"mem_total_mb": 65536, "mem_used_mb": 20000 + int(4000 * wave), "mem_free_mb": 9000}
        swap = {"swap_total_mb": 8192, "swap_used_mb": 900}
        loads = {"load_avg_1": 3 + 2 * wave, "load_avg_5": 3.2 + wave, "load_avg_15": 3.1}
        net = [{"name": "eth0", "bytes_recv": (720 - n) * 9_000_000, "bytes_sent": int(1e9 + (720 - n) * 2e6)}]
        cores = [30 + 25 * wave, 55 + 40 * wave, 20.0]
        system.append(stamp | memory | swap | loads | {"cpu_util_per_core": cores, "net_io": net, "disks": []})
        for card in range(2):
            busy = max(0.0, 60 + 38 * math.sin(n / 30 + 2 * card))
            more = {"id": card, "name": "NVIDIA GeForce RTX 3090", "uuid": f"GPU-{card}", "vram_temp_c": 0}
            held = 6656 if card == 0 else 512 + (10240 if n < 100 else 0)
            figures = {"temp_c": 45 + int(busy / 4), "gpu_util_pct": busy, "power_draw_w": 90 + 2.4 * busy}
            rest = {"mem_util_pct": 20.0, "fan_speed_pct": 30 + busy / 3, "mem_used_mb": held, "mem_total_mb": 24576}
            gpus.append(stamp | more | figures | rest)
    models = {"alpha": {"gpu_mem_mb": 6144}, "beta": {"gpu_mem_mb": 10240}}
    return {"enabled": True, "sys_stats": system, "gpu_stats": gpus, "models": models}


def test_j67_an_hour(swap: Swap, visit: Visits) -> None:
    """A whole hour is drawn, a gap as a gap, and swaps over it."""
    swap.load("alpha")
    figures = recorded()
    for dark in (False, True):
        context = visit.context(dark=dark)
        context.route(re.compile(FIGURES), lambda route: route.fulfill(json=figures))
        page = context.new_page()
        page.goto(f"{swap.url}/ui/#/performance")
        page.get_by_role("combobox", name="Show").select_option("60")
        expect(page.get_by_role("img", name=re.compile(r"^GPU load\. Latest: .*\d"))).to_be_visible()
        expect(page.get_by_role("listitem").filter(has_text="beta").filter(has_text="10.0 GiB")).to_be_visible()
        expect(page.locator(".plot canvas").first).to_be_visible()
        visit.shot(page, "dark" if dark else "light", full=True)


def test_j67_dark(swap: Swap, visit: Visits) -> None:
    """Charts follow the theme."""
    page = visit(swap, "#/performance", dark=True)
    expect(page.get_by_role("img", name=re.compile(r"^GPU load\. Latest: .*\d"))).to_be_visible()
    expect(page.locator(".plot canvas").first).to_be_visible()
    visit.shot(page, "dark", full=True)
    accessible(page)


def test_j67_nobody_looks(swap: Swap, visit: Visits) -> None:
    """A hidden tab asks for nothing; when it is seen again it asks at once, and only for what is new."""
    context = visit.context()
    page = context.new_page()
    page.clock.install()
    page.goto(f"{swap.url}/ui/#/performance")
    expect(page.get_by_role("img", name=re.compile(r"^Processor\. Latest"))).to_be_visible()
    page.evaluate(HIDE, True)
    before = asked(visit)
    page.clock.run_for(60_000)
    assert asked(visit) == before
    with page.expect_request(re.compile(FIGURES)) as request:
        page.evaluate(HIDE, False)
    assert "after=" in request.value.url
    with page.expect_request(re.compile(FIGURES)):
        page.clock.run_for(6_000)


def test_j67_off(tmp_path: Path, visit: Visits) -> None:
    """Without figures there is no page; it comes and goes with the configuration."""
    with Swap(tmp_path, {"performance": {"disabled": True}}, rows=0) as swap:
        page = visit(swap, "#/performance")
        entry = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Performance")
        expect(entry).to_have_count(0)
        expect(page.get_by_text("The machine is not watched")).to_be_visible()
        visit.shot(page, "off")
        swap.write({"performance": {"every": "5s"}})
        swap.reload()
        expect(entry).to_be_visible()
        expect(page.get_by_role("img", name=re.compile(r"^Processor\. Latest"))).to_be_visible()
        swap.write({"performance": {"disabled": True}})
        swap.reload()
        expect(entry).to_have_count(0)


def test_j67_failure(swap: Swap, visit: Visits) -> None:
    """What goes wrong is said, and what was there stays."""
    visit.allow("500")
    page = visit(swap, "#/performance")
    page.get_by_role("combobox", name="Refresh").select_option("0")  # else it may ask again by itself before we do
    processor = page.get_by_role("img", name=re.compile(r"^Processor\. Latest"))
    expect(processor).to_be_visible()
    page.route(re.compile(FIGURES), lambda route: route.fulfill(status=500, body='{"error":{"message":"no luck"}}'))
    page.get_by_role("button", name="Refresh now").click()
    expect(page.get_by_role("alert")).to_contain_text("no luck")
    expect(processor).to_be_visible()
    visit.shot(page, "failure")
    page.unroute(re.compile(FIGURES))
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_j13_performance_on_a_phone(swap: Swap, visit: Visits) -> None:
    """Nothing is wider than the screen."""
    page = visit(swap, "#/performance", phone=True)
    expect(page.get_by_role("img", name=re.compile(r"^GPU load\. Latest: .*\d"))).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    visit.shot(page, "phone", full=True)


def test_j68_hardware(swap: Swap, visit: Visits) -> None:
    """An overview, and a text for bug reports."""
    page = visit(swap, "#/hardware")
    card = page.get_by_role("region", name="0: NVIDIA GeForce RTX 3090")
    expect(card).to_contain_text("24.0 GiB, dedicated")
    expect(card).to_contain_text("350 W")
    expect(page.get_by_role("region", name="Processor")).to_contain_text("Threads")
    visit.shot(page, "overview")
    accessible(page)
    page.get_by_role("tab", name="Text").click()
    expect(page).to_have_url(re.compile("tab=text"))
    text = page.get_by_role("textbox", name="Report for a bug report")
    expect(text).to_have_value(re.compile("RTX 3090.*350 W", re.S))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied!")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == text.input_value()
    visit.shot(page, "text")
    accessible(page)


def test_j68_unavailable(swap: Swap, visit: Visits) -> None:
    """An error is shown, with a way to ask again."""
    visit.allow("503")
    context = visit.context()
    refusal = {"error": {"message": "hardware detection timed out", "code": "unavailable"}}
    context.route(re.compile("/api/hardware"), lambda route: route.fulfill(status=503, json=refusal))
    page = context.new_page()
    page.goto(f"{swap.url}/ui/#/hardware")
    expect(page.get_by_role("alert")).to_have_text("hardware detection timed out")
    visit.shot(page, "error")
    context.unroute(re.compile("/api/hardware"))
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("region", name="System")).to_be_visible()
