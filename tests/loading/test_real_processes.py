"""The loading stream of a real server, whose model takes a second to become ready."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from twisted.trial.unittest import SynchronousTestCase

from tests.loading.test_dialects import events
from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import LiveServer, eventually
from tests.support.ports import free_ports

CHAT = "/v1/chat/completions"
STREAM = {"model": "slow", "stream": True, "n": 2, "ms": 1}
CONFIGURATION = """\
startPort: {port}
sendLoadingState: true
models:
  slow:
    cmd: {python} -I -S {program} --port ${{PORT}} --name slow --health-delay 1
    concurrencyLimit: 1
    queueSize: 0
"""


class RealServerTests(SynchronousTestCase):
    @contextmanager
    def server(self) -> Iterator[LiveServer]:
        text = CONFIGURATION.format(port=free_ports(), python=sys.executable, program=fake_upstream.__file__)
        with LiveServer.of(text, folder_for(self)) as server:
            yield server

    def test_s59_and_probe_51(self) -> None:
        """Remarks at once and the model's own stream behind them; a second client meanwhile gets 429 in JSON."""
        with self.server() as server, server.asking("POST", CHAT, STREAM) as response:
            self.assertEqual((response.status, response.headers["Content-Type"]), (200, "text/event-stream"))
            first = response.readline()
            self.assertIn(b"llama-swap loading model: slow", first)
            refused = server.ask("POST", CHAT, STREAM)
            self.assertEqual((refused.status, refused.headers["Content-Type"]), (429, "application/json"))
            self.assertEqual(refused.json()["error"]["code"], "concurrency_limit")
            told = events(first + response.read())
            own = [data for _, data in told if "id" not in data]
            self.assertEqual([data if data == "[DONE]" else data["name"] for data in own], ["slow", "slow", "[DONE]"])
            remarks = [data["choices"][0]["delta"]["reasoning_content"] for _, data in told if "id" in data]
            self.assertIn("\nDone! (", remarks[-1])
            self.assertEqual(told[len(remarks) :], told[-len(own) :])

    def test_s88_a_client_that_leaves_frees_its_place(self) -> None:
        """The only place is another's as soon as the first client has hung up."""
        with self.server() as server:
            with server.asking("POST", CHAT, STREAM) as response:
                response.readline()
            for _ in eventually():
                answer = server.ask("POST", CHAT, STREAM)
                if answer.status == 200:
                    break
            self.assertTrue(answer.body.endswith(b"data: [DONE]\n\n"))
