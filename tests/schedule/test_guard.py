"""A policy of somebody else's that does not keep its contract does no harm."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Sequence
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import OutOfMemory
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import EvictionPolicy, Running, Verdict
from llamaswap.schedule.guard import Guard
from tests.schedule.test_histories import LOADS, QUICK, WISHES, History, Wish, configurations
from tests.support.schedule import Driver, World, settings

A, B, C = map(ModelId, "abc")


class Odd:
    """Answers what it is told to."""

    def __init__(self, answer: Callable[[ModelId, Sequence[Running]], Any], spare: Any = None) -> None:
        self._answer = answer
        self._spare = spare

    def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Any:
        return self._answer(target, running)

    def spare(self, target: ModelId, running: Sequence[Running], when: float) -> Any:
        return self._spare


def failing(target: ModelId, running: object) -> Any:
    raise KeyError(target)


def cancelled(target: ModelId, running: object) -> Any:
    raise CancelledError


def leaving(target: ModelId, running: object) -> Any:
    raise SystemExit("bye")


class GuardTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.told: list[tuple[str, BaseException]] = []

    def guard(self, answer: Any, spare: Any = None) -> Guard:
        asked = Odd(answer if callable(answer) else lambda target, running: answer, spare)
        return Guard("odd", asked, lambda *told: self.told.append(told))

    def decide(self, answer: Any, target: ModelId = C) -> Verdict:
        running = tuple(Running(name, State.READY, 0, 0, 0.0, 0.0) for name in (A, B))
        return self.guard(answer).decide(target, running, 0.0)

    def test_good(self) -> None:
        """A good answer is handed on as it is, and in the order of what runs otherwise."""
        verdict = Verdict((A, B), "set", 2, "why")
        self.assertIs(self.decide(verdict), verdict)
        self.assertEqual(self.decide(Verdict((B, A), "set", 2, "why")), verdict)
        self.assertEqual(self.decide(Verdict([B])), Verdict((B,)))  # type: ignore[arg-type]
        self.assertEqual(self.told, [])

    def test_bad(self) -> None:
        """Whatever is wrong, all others go, and it is told what was wrong."""
        for answer, target, why in (
            (failing, C, "'c'"),
            (leaving, C, "bye"),
            (cancelled, C, ""),
            (None, C, "NoneType where a Verdict is needed"),
            (("a",), C, "tuple where a Verdict is needed"),
            (Verdict((ModelId("z"),)), C, "it evicts what does not run: ['z']"),
            (Verdict((A, A)), C, "it evicts somebody twice: ['a', 'a']"),
            (Verdict((A,)), A, "it evicts the target a"),
            (Verdict(None), C, "not iterable"),  # type: ignore[arg-type]
            (Verdict(({},)), C, "unhashable"),  # type: ignore[arg-type]
            (Verdict((), why=cast(str, 5)), C, "its reason is no text"),
        ):
            self.told.clear()
            verdict = self.decide(answer, target)
            self.assertEqual(verdict.evict, (B,) if target == A else (A, B), answer)
            self.assertEqual(verdict.why, "the policy odd has failed, so all others make room")
            ((what, error),) = self.told
            self.assertEqual(what, "the policy odd has failed in `decide`; this is told once")
            self.assertIn(why, str(error))

    def test_told_once(self) -> None:
        """However often it fails, and in whatever."""
        guard = self.guard(failing, spare=5)
        for _ in range(3):
            guard.decide(C, (), 0.0)
            self.assertEqual(guard.spare(C, (), 0.0), Verdict(()))
        self.assertEqual(len(self.told), 1)

    def test_spare(self) -> None:
        """What cannot be followed spares nobody; nor does a policy that says nothing of it."""
        running = (Running(A, State.READY, 0, 0, 0.0, 0.0),)
        self.assertEqual(self.guard(Verdict(()), Verdict((A,))).spare(C, running, 0.0).evict, (A,))
        self.assertEqual(self.guard(Verdict(()), Verdict((C,))).spare(C, running, 0.0).evict, ())
        self.assertEqual(self.told[0][0], "the policy odd has failed in `spare`; this is told once")

        class Plain:
            def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
                return Verdict(())

        self.assertEqual(Guard("plain", Plain(), lambda *_: None).spare(C, running, 0.0), Verdict(()))


class ThroughTheCoreTests(SynchronousTestCase):
    """The core goes on, whatever a policy does."""

    def test_always_failing(self) -> None:
        """One model at a time runs, and everybody is served; a second try has nobody to evict."""
        driver = Driver(settings("a b"), Guard("odd", Odd(failing), lambda *_: None))
        a, b = driver.arrivals("a b")
        driver.end_swap("a")
        driver.serve(a)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("b", ("a",)))
        driver.end_swap("b", OutOfMemory("no memory"))
        self.assertIn(b, driver.refused)

    @QUICK
    @given(configurations(), WISHES, LOADS, st.randoms(use_true_random=False))
    def test_any_answers(self, found: Any, wishes: list[Wish], loads: list[tuple[int, int]], luck: Any) -> None:
        """Answers at random, many of them impossible: nobody is answered twice or never, and none busy is evicted."""

        def answer(target: ModelId, running: Sequence[Running]) -> Any:
            names = [shown.model for shown in running] + [target, ModelId("z")]
            if luck.random() < 0.1:
                raise ValueError(target)
            return Verdict(tuple(luck.choice(names) for _ in range(luck.choice([0, 0, 1, 2]))))

        policy: EvictionPolicy = Guard("odd", Odd(answer, Verdict(())), lambda *_: None)
        world = World(found.settings, lambda target, other: False, policy)
        world.disturbed = True  # no bound can be promised for a policy whose answers mean nothing
        world.twin = None  # and it would answer the twin something else
        history = History(world, loads)
        history.expect(wishes)
        history.play()
        world.settle()
