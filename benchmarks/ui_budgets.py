"""The budgets of the web UI (docs/performance.md): what it transfers, how long it blocks, what it keeps.

    python benchmarks/ui_budgets.py [--quick]

Needs the extra `journeys`, Chromium and the built UI. Prints a line for each budget, and ends with status 1 when one
does not hold. `--quick` leaves out what takes minutes.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright  # noqa: E402
from tests.journeys.browser import CSP_WATCH, FLAGS, accessible, chromium, ready  # noqa: E402
from tests.journeys.gateway import Gateway  # noqa: E402
from tests.journeys.swap import Swap  # noqa: E402
from tests.journeys.test_screens import fragments, settled  # noqa: E402

import llamaswap  # noqa: E402

LAN = "lan.test"
"""A host name that is not the loopback's: over plain HTTP, browsers ask it for gzip only."""
BUILT = Path(llamaswap.__file__).parent / "ui_dist"
NOWHERE = "#/nowhere"
"""Where nothing is shown but the shell."""
EVENTS = "/api/events"
RUNNING = ".chat-tools .chat-send[type=button]"
"""The button that stops an answer. Looking for it costs the page next to nothing; looking for a text would block it."""
PATIENCE = 120_000
HOUR_OF_LOGS = 720_000
TASK = "ThreadControllerImpl::RunTask"
MAIN_THREAD = "CrRendererMain"
WATCH_CHANGES = """
(element) => {
  window.changes = 0;
  new MutationObserver(() => { window.changes += 1; })
    .observe(element, { childList: true, characterData: true, subtree: true });
}
"""
HIDE = """
() => {
  for (const [name, value] of [["hidden", true], ["visibilityState", "hidden"]])
    Object.defineProperty(document, name, { configurable: true, get: () => value });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


class Figure(NamedTuple):
    """What was measured of one budget."""

    item: str
    value: float
    most: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.value <= self.most


class Bench:
    """A browser at a server, behind a proxy that counts bytes."""

    def __init__(self, swap: Swap, gateway: Gateway, browser: Browser) -> None:
        self.swap, self.gateway, self.browser = swap, gateway, browser

    @contextmanager
    def page(self, fragment: str = "", host: str = "127.0.0.1") -> Iterator[Page]:
        """A page in a fresh profile, connected."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(CSP_WATCH)
        try:
            yield self.visit(context, fragment, host)
        finally:
            context.close()

    def visit(self, context: BrowserContext, fragment: str, host: str) -> Page:
        page = context.new_page()
        page.goto(f"http://{host}:{self.gateway.server_port}/ui/{fragment}")
        ready(page)
        expect(page.get_by_text("Loading …")).to_have_count(0)
        return page

    def passed(self, first: int = 0) -> int:
        """Bytes of the UI's files since the `first` request."""
        return sum(asked.size for asked in self.gateway.asked[first:] if asked.path.startswith(("/ui/", "/favicon")))


Measure = Callable[[Bench], Sequence[Figure]]


# -- what is transferred -----------------------------------------------------------------------------------------------


def first_visit(bench: Bench) -> Sequence[Figure]:
    """The landing page in a browser that has never been here, and then once more."""
    with bench.page() as page:
        brotli, seen = bench.passed(), len(bench.gateway.asked)
        page.reload()
        ready(page)
        again = bench.passed(seen)
    before = bench.passed()
    with bench.page(host=LAN):
        plain = bench.passed() - before
    return [
        Figure("first visit of the landing page, brotli", brotli / 1000, 80, "KB"),
        Figure("first visit of the landing page, gzip only", plain / 1000, 100, "KB"),
        Figure("transferred again on a reload", again / 1000, 0, "KB"),
    ]


def shell(bench: Bench) -> Sequence[Figure]:
    """Scripts and styles of a page with nothing in it."""
    before = len(bench.gateway.asked)
    with bench.page(NOWHERE):
        sizes = [asked.size for asked in bench.gateway.asked[before:] if "/assets/" in asked.path]
    return [Figure("scripts and styles of the shell, brotli", sum(sizes) / 1000, 45, "KB")]


def on_use(bench: Bench) -> Sequence[Figure]:
    """Files that hold the larger parts, by a word that only they have."""
    return [
        Figure("Markdown, highlighter, sanitiser, brotli", _holding("ALLOWED_URI_REGEXP", "hljs-"), 60, "KB"),
        Figure("formulas, brotli", _holding("\\\\operatorname"), 55, "KB"),
        Figure("charts, brotli", _holding("u-legend"), 25, "KB"),
        Figure("fonts", len([*BUILT.rglob("*.woff*"), *BUILT.rglob("*.ttf")]), 0, ""),
    ]


def _holding(*words: str) -> float:
    files = [file for file in BUILT.rglob("*.js") if any(word in file.read_text() for word in words)]
    if not files:
        raise AssertionError(f"no script has one of {words}")
    return sum(file.with_name(f"{file.name}.br").stat().st_size for file in files) / 1000


# -- how long it blocks ------------------------------------------------------------------------------------------------


def burst_of_log(bench: Bench) -> Sequence[Figure]:
    """1,500 lines at once, while their page is shown."""
    prompt = bench.swap.play("burst", text="done", burst=1500)
    bench.swap.load("alpha")
    with bench.page("#/logs") as page:
        bench.browser.start_tracing(page=page, categories=["toplevel"])
        bench.swap.chat("alpha", prompt)
        expect(page.get_by_text("line 1500 of 1500").first).to_be_visible()
        longest = longest_task(bench.browser.stop_tracing())
    return [Figure("1,500 log lines in a burst, longest block", longest, 100, "ms")]


def deltas_in_a_fence(bench: Bench) -> Sequence[Figure]:
    """3,000 pieces of code, each an event."""
    code = "".join(f"value_{n} = compute({n})\n" for n in range(1500))
    prompt = bench.swap.play(
        "fence", text=f"```python\n{code}```\n\nThat is all.", piece=len(code) // 3000, pause=0.001
    )
    bench.swap.load("alpha")
    with bench.page("#/playground/chat?model=alpha") as page:
        page.get_by_role("textbox", name="Message").fill(prompt)
        bench.browser.start_tracing(page=page, categories=["toplevel"])
        page.get_by_role("textbox", name="Message").press("Enter")
        page.locator(RUNNING).wait_for(state="attached")
        page.locator(RUNNING).wait_for(state="detached", timeout=PATIENCE)
        page.wait_for_timeout(300)
        longest = longest_task(bench.browser.stop_tracing())
        expect(page.get_by_text("That is all.").first).to_be_visible()
    return [Figure("3,000 deltas in one fence, longest block", longest, 50, "ms")]


def longest_task(trace: bytes) -> float:
    """Milliseconds of the longest task of a page's main thread: of its processor time, whoever else is busy."""
    events = json.loads(trace)["traceEvents"]
    names = {(each["pid"], each["tid"]): each["args"]["name"] for each in events if each["name"] == "thread_name"}
    tasks = [each for each in events if each["name"] == TASK and names.get((each["pid"], each["tid"])) == MAIN_THREAD]
    return max(float(task.get("tdur", 0)) for task in tasks) / 1000


# -- what it does all the time -----------------------------------------------------------------------------------------


def clock(bench: Bench) -> Sequence[Figure]:
    """Changes of the table of requests under way, while one of them waits, in 3 seconds each."""
    bench.swap.load("alpha")
    prompt = bench.swap.play("wait", text="late", before=60.0)
    with bench.page() as page, bench.swap.under_way("alpha", prompt):
        table = page.get_by_role("region", name="In flight").locator("table")
        expect(table).to_contain_text("alpha")
        table.evaluate(WATCH_CHANGES)
        shown = _changes(page)
        page.evaluate(HIDE)
        hidden = _changes(page)
    return [
        Figure("clock of requests under way, changes a second", shown, 10, "/s"),
        Figure("the same while the page is hidden", hidden, 0, "/s"),
    ]


def _changes(page: Page) -> float:
    page.evaluate("() => { window.changes = 0; }")
    page.wait_for_timeout(3000)
    return int(page.evaluate("window.changes")) / 3


def dead_stream(bench: Bench) -> Sequence[Figure]:
    """How long a connection may be silent before another one is made."""
    with bench.page():
        before, stalled = len(bench.gateway.times(EVENTS)), time.monotonic()
        bench.gateway.stall()
        while len(bench.gateway.times(EVENTS)) == before and time.monotonic() < stalled + 60:
            time.sleep(0.05)
    return [Figure("a dead stream is noticed after", bench.gateway.times(EVENTS)[-1] - stalled, 30, "s")]


def findings(bench: Bench) -> Sequence[Figure]:
    """What axe says of all pages, light and dark; contrast is a part of it."""
    found = 0
    for mode in ("light", "dark"):
        with bench.page() as page:
            page.emulate_media(color_scheme=mode)  # type: ignore[arg-type]
            for fragment in fragments():
                settled(page, fragment)
                found += _faulty(page)
    return [Figure("pages with serious or critical findings of axe, contrast included", found, 0, "")]


def _faulty(page: Page) -> bool:
    try:
        accessible(page)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return True
    return False


def memory(bench: Bench) -> Sequence[Figure]:
    """The process of a page that has shown an hour of logs."""
    prompt = bench.swap.play("hour", text="done", burst=HOUR_OF_LOGS)
    bench.swap.load("alpha")
    with bench.page("#/logs") as page:
        bench.swap.chat("alpha", prompt)
        expect(page.get_by_text(f"line {HOUR_OF_LOGS} of {HOUR_OF_LOGS}").first).to_be_visible(timeout=PATIENCE)
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        most = max(process.memory_full_info().uss for process in _renderers())
    return [Figure("memory of a tab after 720,000 log lines", most / 1e6, 150, "MB")]


def _renderers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "--type=renderer" in child.cmdline()]


QUICK: Sequence[Measure] = (first_visit, shell, on_use, burst_of_log, deltas_in_a_fence, clock)
LONG: Sequence[Measure] = (dead_stream, findings, memory)


def main(words: Sequence[str]) -> int:
    """Measure and print; the exit status."""
    measures = QUICK if "--quick" in words else (*QUICK, *LONG)
    print(f"{'':66} {'measured':>10} {'target':>8}")
    good = True
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        expect.set_options(timeout=20_000)
        flags = [*FLAGS, f"--host-resolver-rules=MAP {LAN} 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        with Swap(Path(folder), {"allowedHosts": [LAN]}) as swap, Gateway(swap.port) as gateway:
            bench = Bench(swap, gateway, browser)
            for measure in measures:
                held = [show(figure) for figure in figures(measure, bench)]
                good = good and all(held)
        browser.close()
    return 0 if good else 1


def figures(measure: Measure, bench: Bench) -> Sequence[Figure]:
    """What it measured; a figure that no target allows when it failed."""
    try:
        return measure(bench)
    except Exception as error:  # the others are worth knowing
        print(f"{measure.__name__}: {str(error)[:500]}", file=sys.stderr)
        return [Figure(f"{measure.__name__} could not be measured", float("inf"), 0, "")]


def show(figure: Figure) -> bool:
    """Print a line; whether the budget holds."""
    unit = f" {figure.unit}".rstrip() if figure.unit else ""
    print(f"{figure.item:66} {figure.value:10.1f} {figure.most:8.0f}{unit:5} {'ok' if figure.holds else 'MISSED'}")
    return figure.holds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
