"""Hooks on the real reactor: real commands, and a real receiver of webhooks."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from llamaswap.config.schema import Hook, Model
from llamaswap.errors import StartFailed
from llamaswap.hooks.lifecycle import LifecycleHooks
from llamaswap.ids import ModelId
from tests.backends.test_real_processes import alive, asynchronous, until
from tests.support.folders import folder_for
from tests.support.real_host import real_host

reactor: Any = global_reactor
MODEL = Model(id=ModelId("m"))


class Receiver(Resource):
    """Remembers what is posted to it; `/silent` never answers, `/endless` never stops."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.left: Deferred[None] = Deferred()
        """Fires when whoever asked for `/endless` has hung up."""

    def render_POST(self, request: Request) -> bytes | int:
        assert request.content is not None
        self.heard.append((request.uri.decode(), json.loads(request.content.read())))
        if request.uri == b"/silent":
            return NOT_DONE_YET
        if request.uri == b"/endless":
            request.notifyFinish().addErrback(lambda _: self.left.callback(None))
            request.write(b"and")
            return NOT_DONE_YET
        request.setResponseCode(500 if request.uri == b"/broken" else 200)
        return b"thanks"


class RealHooksTestCase(TestCase):
    """One hook before each load."""

    def setUp(self) -> None:
        self.place: Path = folder_for(self)
        self.said = b""
        self.in_force: dict[str, tuple[Hook, ...]] = {}
        host = real_host(reactor, self.place, {**os.environ, "A": "1"})
        self.hooks = LifecycleHooks(host, lambda model: self.hear, lambda: self.in_force)
        self.addCleanup(self.hooks.over)

    def hear(self, data: bytes) -> None:
        self.said += data

    def before_load(self, hook: Hook) -> Deferred[None]:
        """The turn with this hook."""
        self.in_force = {"before_load": (hook,)}
        return Deferred.fromCoroutine(self.hooks.before_load(MODEL, "load"))

    async def refused(self, hook: Hook) -> str:
        """Why the load is refused that the hook is required for."""
        try:
            await self.before_load(hook)
        except StartFailed as error:
            return error.cause.partition(" failed: ")[2]
        raise AssertionError("nothing was refused")

    async def pid(self, name: str) -> int:
        path = self.place / name
        await until(lambda: path.exists() and path.read_text().endswith("\n"))
        return int(path.read_text())


class CommandTests(RealHooksTestCase):
    """Commands."""

    @asynchronous
    async def test_what_a_command_finds(self) -> None:
        """The server's environment and ours, nothing to read, and the model's log to write to."""
        script = 'echo "$A $LLAMASWAP_EVENT $LLAMASWAP_MODEL $LLAMASWAP_STATE $LLAMASWAP_REASON"; cat; echo done >&2'
        await self.before_load(Hook(command=shlex.join(["sh", "-c", script]), required=True))
        self.assertEqual(self.said, b"1 before_load m stopped load\ndone\n")

    @asynchronous
    async def test_no_shell(self) -> None:
        """Words are words."""
        await self.before_load(Hook(command="echo $A 'b  c' > /dev/null"))
        self.assertEqual(self.said, b"$A b  c > /dev/null\n")

    @asynchronous
    async def test_failures(self) -> None:
        """As a shell would say."""
        self.assertEqual(await self.refused(Hook(command="sh -c 'exit 7'", required=True)), "exit code 7")
        self.assertIn("no executable", await self.refused(Hook(command="/no/such/program", required=True)))

    @asynchronous
    async def test_a_command_that_never_ends(self) -> None:
        """It and what it started are gone, deaf or not, when its time and the grace are over."""
        inner = f"trap '' TERM; echo $$ > {self.place}/child; sleep 1000"
        child = shlex.join(["sh", "-c", inner])
        script = f"trap '' TERM; {child} & echo $$ > {self.place}/leader; wait"
        command = shlex.join(["sh", "-c", script])
        self.assertEqual(
            await self.refused(Hook(command=command, required=True, timeout=0.5)), "took longer than 0.5 s"
        )
        self.assertEqual([alive(await self.pid(name)) for name in ("leader", "child")], [False, False])

    @asynchronous
    async def test_cancelled(self) -> None:
        """The command is ended."""
        script = f"echo $$ > {self.place}/pid; exec sleep 1000"
        turn = self.before_load(Hook(command=shlex.join(["sh", "-c", script]), timeout=60))
        pid = await self.pid("pid")
        turn.cancel()
        with self.assertRaises(CancelledError):
            await turn
        await self.hooks.over()
        self.assertFalse(alive(pid))


class WebhookTests(RealHooksTestCase):
    """Webhooks, received on loopback."""

    def setUp(self) -> None:
        super().setUp()
        self.receiver = Receiver()
        port = reactor.listenTCP(0, Site(self.receiver), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.url = f"http://localhost:{port.getHost().port}"

    @asynchronous
    async def test_it_is_posted(self) -> None:
        """Once, as JSON."""
        await self.before_load(Hook(webhook=f"{self.url}/x?y=1", required=True))
        ((path, told),) = self.receiver.heard
        self.assertEqual(path, "/x?y=1")
        self.assertTrue(told.pop("time").endswith("Z"))
        self.assertEqual(told, {"event": "before_load", "model": "m", "state": "stopped", "reason": "load"})

    @asynchronous
    async def test_failures(self) -> None:
        """A status that says so, no answer in time, nobody there."""
        self.assertEqual(
            await self.refused(Hook(webhook=f"{self.url}/broken", required=True)), "answered with status 500"
        )
        silent = Hook(webhook=f"{self.url}/silent", required=True, timeout=0.2)
        self.assertEqual(await self.refused(silent), "took longer than 0.2 s")
        self.assertEqual(len(self.receiver.heard), 2)

    @asynchronous
    async def test_an_answer_without_end(self) -> None:
        """Is hung up on when the time is over."""
        endless = Hook(webhook=f"{self.url}/endless", required=True, timeout=0.2)
        self.assertEqual(await self.refused(endless), "took longer than 0.2 s")
        await self.receiver.left
