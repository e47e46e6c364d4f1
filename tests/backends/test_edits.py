"""Scheduler, pool and backends together, on a system in memory, while their configuration changes under them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.local import LocalBackend
from llamaswap.backends.pool import Pool
from llamaswap.config.schema import Group, Model, Settings
from llamaswap.errors import Refusal
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.eviction import make_policy
from tests.support.fake_host import FakeHost
from tests.support.fake_system import FakeChild
from tests.support.schedule import edited, settings

NAMES = "abc"


def entry(name: str, form: int = 0, **others: Any) -> Model:
    """A model whose command says its name and form."""
    cmd, stop = f"{sys.executable} {name} {form}", f"{sys.executable} stop-{name} {form}"
    others = {"check_endpoint": "none", "proxy": "http://localhost:1", "cmd_stop": stop, **others}
    return Model(id=ModelId(name), cmd=cmd, unload_timeout=2, **others)


class Client:
    """A request that holds its lease until it is told to end. It checks what it is granted."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.granted = False
        self._end: Deferred[None] = Deferred()
        self.done = Deferred.fromCoroutine(self._live(stack, name))
        self.done.addErrback(stack.broken_off)

    async def _live(self, stack: Stack, name: str) -> None:
        async with stack.dispatcher.lease(ModelId(name)):
            assert stack.forms(name) == [stack.settings.models[ModelId(name)].cmd.split()[1:]]
            self.granted = True
            await self._end

    def end(self) -> None:
        if not self._end.called:
            self._end.callback(None)


class Stack:
    """All of a server between its doors and its processes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = FakeHost()
        self.clock, self.system = self.world.clock, self.world.system

        def make(model: Model) -> LocalBackend:
            return LocalBackend(model, self.world.host, lambda data: None)

        self.pool = Pool(
            settings.models.values(), make, clock=self.clock, notices=self.world.notices, ready_to_start=succeed(None)
        )
        core = Core(settings, make_policy(settings))
        self.dispatcher = Dispatcher(core, self.pool, self.pool.upstream_of, self.clock)
        self.pool.tell = self.dispatcher.tell
        self.clients: list[Client] = []
        self.problems: list[Failure] = []
        self._launched: set[FakeChild] = set()

    def broken_off(self, failure: Failure) -> None:
        """A request was not served: that may be, but for no other reason than these."""
        if not failure.check(Refusal, CancelledError):
            self.problems.append(failure)

    def edit(self, *models: Model, removed: str = "", **others: Any) -> None:
        self.settings = edited(self.settings, *models, removed=removed, **others)
        self.dispatcher.reconfigure(self.settings, make_policy(self.settings))
        self.launch()

    def ask(self, name: str) -> Client:
        self.clients.append(Client(self, name))
        self.launch()
        return self.clients[-1]

    def launch(self) -> None:
        """Every process that was spawned becomes its command; one that is asked to stop in its own way does so."""
        for child in self.system.children:
            if child not in self._launched:
                self._launched.add(child)
                child.run()
                if child.command[1].startswith("stop-"):
                    self._obey(child)

    def _obey(self, stop: FakeChild) -> None:
        for server in self.servers():
            if f"stop-{server.command[1]}" == stop.command[1] and not server.deaf:
                assert server.command[2] == stop.command[2], "stopped in the way of another form"
                server.exit()
        stop.exit()

    def advance(self, seconds: float) -> None:
        for _ in range(int(seconds * 4)):
            self.clock.advance(0.25)
            self.launch()

    def servers(self) -> list[FakeChild]:
        """The models' processes that live."""
        alive = [child for child in self.system.children if child.alive]
        return [child for child in alive if not child.command[1].startswith("stop-")]

    def forms(self, name: str) -> list[list[str]]:
        """What the processes of one model were started as."""
        return [server.command[1:] for server in self.servers() if server.command[1] == name]

    def check(self) -> None:
        assert self.problems == []
        for name in NAMES:
            assert len(self.forms(name)) <= 1, "two processes of one model"

    def close(self) -> None:
        """End it all; nothing may be left of it."""
        self.dispatcher.close()
        closed = self.pool.close(1.0)
        self.advance(20)
        assert closed.called
        for client in self.clients:
            client.end()
        for child in self.system.children:
            child.close_output()
        self.check()
        assert self.system.table == []
        assert self.clock.getDelayedCalls() == []
        assert self.world.errors == []


class EditTests(SynchronousTestCase):
    """One edit at a time."""

    def setUp(self) -> None:
        groups = [Group(id="g", members=tuple(map(ModelId, NAMES)), swap=False)]
        self.stack = Stack(settings([entry(name) for name in NAMES], groups=groups))
        self.addCleanup(self.stack.close)

    def test_each_form_is_stopped_in_its_own_way(self) -> None:
        """The old process gets its own `cmdStop`; the new one is started when it is gone."""
        first = self.stack.ask("a")
        self.stack.edit(entry("a", 1))
        waiting = self.stack.ask("a")
        self.assertEqual(self.stack.forms("a"), [["a", "0"]])
        first.end()
        self.stack.launch()
        self.stack.advance(1)
        self.assertEqual((self.stack.forms("a"), waiting.granted), ([["a", "1"]], True))

    def test_an_edit_of_cmd_stop_alone(self) -> None:
        """It is how the running process will be stopped."""
        self.stack.ask("a").end()
        self.stack.edit(replace(entry("a"), cmd_stop=f"{sys.executable} stop-x 0"))
        Deferred.fromCoroutine(self.stack.dispatcher.unload([ModelId("a")]))
        self.assertEqual(self.stack.system.last.command[1:], ["stop-x", "0"])

    def test_a_removed_model_is_shown_until_it_is_gone(self) -> None:
        """As what it runs; then it is forgotten."""
        first = self.stack.ask("a")
        self.stack.edit(removed="a")
        shown = {form.id: (form, state) for form, state in self.stack.pool.states()}
        self.assertEqual(shown[ModelId("a")], (entry("a"), State.READY))
        first.end()
        self.stack.launch()
        self.stack.advance(1)
        self.assertNotIn("a", [form.id for form, _ in self.stack.pool.states()])

    def test_what_a_dead_process_left(self) -> None:
        """The new form of a model that died waits until the old one's descendants are gone."""
        first = self.stack.ask("a")
        [server] = self.stack.servers()
        left = server.fork(deaf=True)
        self.stack.system.blind = True  # so that it takes a while to find them
        self.stack.edit(entry("a", 1))
        waiting = self.stack.ask("a")
        server.exit(1)
        self.stack.advance(1)
        self.assertEqual((left.alive, waiting.granted, self.stack.servers()), (True, False, []))
        self.stack.system.blind = False
        self.stack.advance(1)
        self.assertEqual((left.alive, waiting.granted), (False, True))
        first.end()


FORMS = st.sampled_from([None, 0, 0, 1, 2])
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(NAMES)),
    st.tuples(st.just("end"), st.integers(0, 9)),
    st.tuples(st.just("leave"), st.integers(0, 9)),
    st.tuples(st.just("edit"), st.dictionaries(st.sampled_from(NAMES), FORMS, min_size=1)),
    st.tuples(st.just("crash"), st.integers(0, 9)),
    st.tuples(st.just("unload"), st.sampled_from(["a", "b", NAMES])),
    st.tuples(st.just("wait"), st.sampled_from([0.25, 1, 6])),
    st.tuples(st.just("deaf"), st.booleans()),
)


class AnyEditTests(SynchronousTestCase):
    """Any number of edits."""

    @effort(deadline=None, derandomize=True, max_examples=600, suppress_health_check=list(HealthCheck))
    @given(st.booleans(), st.lists(STEPS, max_size=40))
    def test_never_two_processes_of_one_model(self, swap: bool, steps: Sequence[tuple[str, Any]]) -> None:
        """Whatever happens in whatever order: one process each, of the form that is wanted, and none left behind."""
        groups = [Group(id="g", members=tuple(map(ModelId, NAMES)), swap=swap)]
        stack = Stack(settings([entry(name) for name in NAMES], groups=groups))
        for what, how in steps:
            self.take(stack, what, how)
            stack.check()
        for client in stack.clients:
            client.end()
        stack.advance(20)
        stack.check()
        assert all(client.done.called for client in stack.clients), "a request that hangs"
        wanted = [model.cmd.split()[1:] for model in stack.settings.models.values()]
        assert all(server.command[1:] in wanted for server in stack.servers()), "left of an old form"
        stack.close()
        assert self.flushLoggedErrors() == []

    def take(self, stack: Stack, what: str, how: Any) -> None:
        """One step of a history."""
        running = [client for client in stack.clients if not client.done.called]
        match what:
            case "ask":
                stack.ask(how)
            case "end" if running:
                running[how % len(running)].end()
            case "leave" if running:
                running[how % len(running)].done.cancel()
            case "edit":
                removed = " ".join(name for name, form in how.items() if form is None)
                stack.edit(*(entry(name, form) for name, form in how.items() if form is not None), removed=removed)
            case "crash" if servers := stack.servers():
                servers[how % len(servers)].exit(1)
            case "unload":
                Deferred.fromCoroutine(stack.dispatcher.unload([ModelId(name) for name in how]))
            case "wait":
                stack.advance(how)
            case "deaf":
                stack.system.deaf = how
        stack.launch()
