"""The harness itself: what it plays, what it notices, and what it must not let pass."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser

from tests.journeys.browser import Visits
from tests.journeys.gateway import Gateway
from tests.journeys.swap import ROWS, Swap
from tests.support.live import eventually


def test_models_play_scripts(swap: Swap) -> None:
    answer = swap.chat("alpha", swap.play("mine", text="just this", reasoning="hm"))
    message = json.loads(answer.body)["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("just this", "hm")
    assert swap.states() == {"alpha": "ready"}
    assert [each["path"] for each in swap.seen("alpha")["requests"]] == ["/v1/chat/completions"]


def test_models_with_blanks_and_peers(swap: Swap) -> None:
    for model in ("org/omega v1", "p1/zed", "delta"):
        assert b"nine words" in swap.chat(model, "Hello?").body


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
@pytest.mark.parametrize("prompt", ["think", "tools", "error", "length"])
def test_protocols(swap: Swap, path: str, prompt: str) -> None:
    """Each stream is one that the server can read: it counts what it cost."""
    turn = [{"role": "user", "content": f"play {prompt}"}]
    answer = swap.ask("POST", path, {"model": "alpha", "messages": turn, "input": turn, "stream": True})
    assert answer.status == 200
    assert answer.body.count(b"data: ") > 4
    whole = swap.ask("POST", path, {"model": "alpha", "messages": turn, "input": turn})
    assert whole.status == 200


def test_it_has_a_past_and_cards(swap: Swap) -> None:
    page = swap.ask("GET", "/api/metrics/activity?limit=100&max_id=240").json()
    assert page["total"] == ROWS
    failed = [row for row in page["data"] if row["resp_status_code"] != 200]
    assert len(failed) == 20 and all(row["error_msg"] for row in failed)
    swap.load("alpha")
    for _ in eventually():
        if len(swap.ask("GET", "/api/performance").json()["gpu_stats"]) >= 2:
            break


def test_it_dies_and_comes_back(swap: Swap) -> None:
    swap.kill()
    swap.start()
    assert swap.ask("GET", "/health").status == 200


def test_the_gateway(swap: Swap, browser: Browser) -> None:
    """Below its prefix is the server, elsewhere nothing."""
    with Gateway(swap.port, "/swap") as gateway:
        page = browser.new_page()
        answer = page.goto(f"{gateway.url}/health")
        assert answer is not None and answer.ok
        answer = page.goto(gateway.url.removesuffix("/swap") + "/health")
        assert answer is not None and answer.status == 404
        page.close()
    assert "/health" in gateway.outside and "/swap/health" not in gateway.outside


def test_complaints_are_heard(swap: Swap, browser: Browser) -> None:
    """Errors of scripts, of the console, of the policy, of requests, and dialogs."""
    visits = Visits(browser, "complaints")
    page = visits(swap, wait=False)
    page.evaluate("console.error('oh'); setTimeout(() => { throw new Error('thrown') }); alert('hey')")
    page.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)")
    page.evaluate("() => { new Image().src = 'http://127.0.0.1:9/x.png'; }")
    page.wait_for_timeout(0)
    heard = "\n".join(visits.close())
    for part in ("console: oh", "uncaught: thrown", "dialog: alert", "forbidden by the policy: "):
        assert part in heard
    visits.allow("oh", "thrown", "dialog", "forbidden|policy|request|Policy")
    assert visits.close() == []
