"""Names to those who answer: in which order, and who counts for how long."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Selector, Settings
from llamaswap.errors import NoModelGiven, NoTarget
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.resolve.chooser import Choice, Chooser
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.tally import Tally
from tests.support.probes import configuration_a
from tests.support.web import model, settings_of


class Known:
    """Models whose states and requests the test says."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self.requests: dict[str, int] = {}

    def state_of(self, model: ModelId) -> State:
        return self.states.get(model, State.STOPPED)

    def busy(self, model: ModelId) -> int:
        return self.requests.get(model, 0)


class Choosing:
    """A chooser with all that outlives it."""

    def __init__(self, settings: Settings) -> None:
        self.known = Known()
        self.active = ActiveProfile()
        self.tally = Tally()
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        resolver = Resolver(settings, RemoteNames(settings.peers))
        self.chooser = Chooser(settings, resolver, self.known, self.active, self.tally)

    def choose(self, name: str) -> Choice:
        choice = self.chooser.choose(name)
        assert choice is not None
        return choice

    def name(self, name: str) -> str:
        """The name of what a request for `name` goes to; it is over at once."""
        with self.choose(name) as choice:
            return choice.target.name


def spilling(*names: str, limit: int = 1, peer: bool = False) -> Settings:
    """The selector `s` over these models."""
    targets = (*names, "px/uniq") if peer else names
    selector = Selector(id="s", strategy="spillover", targets=targets, spillover=limit)
    models = [model(name, aliases=(f"{name}:alias",)) for name in names]
    return settings_of(*models, selectors={"s": selector}, peers=configuration_a().peers)


class OrderTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.it = Choosing(configuration_a())

    def test_models_and_peers(self) -> None:
        """Without profile and selector a name is what it is."""
        for name in ("m1", "al1", "think", "uniq", "px/org/pm"):
            with self.it.choose(name) as choice:
                self.assertEqual((choice.target.name, choice.selector), (name, ""))
        self.assertIsNone(self.it.chooser.choose("nope"))

    def test_s95_a_selector_is_told(self) -> None:
        """The target is as the configuration writes it, and the selector is known by its ID."""
        with self.it.choose("s-pin") as choice:
            self.assertEqual((choice.target.name, choice.selector), ("think", "s-pin"))

    def test_s96_pins_come_first(self) -> None:
        """Of the literal name; one hop, which may be to a selector; an empty target disables the name."""
        self.it.active.choose("p1")
        for name, target in {"pub": "think", "m1": "hid", "al1": "al1", "psel": "think", "hid": "hid"}.items():
            self.assertEqual(self.it.name(name), target)
        with self.assertRaisesRegex(NoModelGiven, "no model id could be identified: profile p1 disables"):
            self.it.chooser.choose("off")
        self.it.active.choose(None)
        self.assertIsNone(self.it.chooser.choose("off"))

    def test_a_profile_that_these_settings_do_not_know(self) -> None:
        """A request that met older settings is served by them."""
        self.it.active.choose("later")
        self.assertEqual((self.it.name("m1"), dict(self.it.chooser.pins)), ("m1", {}))

    def test_warm(self) -> None:
        """The states that are asked for are those of the models."""
        self.assertEqual(self.it.name("s-warm"), "m1")
        self.it.known.states["hid"] = State.READY
        self.assertEqual(self.it.name("s-warm"), "hid")

    def test_a_peer_that_offers_its_model_no_more(self) -> None:
        """The first target of `pin` is meant, and no other; without any target nobody answers."""
        settings = configuration_a()
        missing = Selector(id="s", strategy="pin", targets=("px/new", "m1"))
        it = Choosing(Settings(models=settings.models, selectors={"s": missing}))
        self.assertIsNone(it.chooser.choose("s"))


class CountTests(SynchronousTestCase):
    def test_s94(self) -> None:
        """Spillover 2 over a, b, c cold: a, a, b; one of a ends, all are ready: c. All stop: 503."""
        it = Choosing(spilling("a", "b", "c", limit=2))
        choices = [it.choose("s") for _ in range(3)]
        self.assertEqual([choice.target.name for choice in choices], ["a", "a", "b"])
        choices[0].release()
        it.known.states = dict.fromkeys("abc", State.READY)
        self.assertEqual(it.name("s"), "c")
        it.known.states = dict.fromkeys("abc", State.STOPPING)
        with self.assertRaisesRegex(NoTarget, "no available spillover targets") as caught:
            it.chooser.choose("s")
        self.assertEqual(caught.exception.status, 503)

    def test_s94_two_at_once(self) -> None:
        """Choosing and counting are one step."""
        it = Choosing(spilling("a", "b"))
        it.known.states = dict.fromkeys("ab", State.READY)
        self.assertNotEqual(it.choose("s").target.name, it.choose("s").target.name)

    def test_w28_other_requests_count(self) -> None:
        """Those that ask for the model by itself, by an alias, or through another selector."""
        it = Choosing(spilling("a", "b"))
        it.known.states = dict.fromkeys("ab", State.READY)
        for _ in range(3):
            it.known.requests = {"a": 1}
            self.assertEqual(it.name("s"), "b")
            it.known.requests = {"b": 1}
            self.assertEqual(it.name("s"), "a")

    def test_w28_direct_requests_to_peers_count(self) -> None:
        """A peer's model has no scheduler here: all requests to it are counted, in bodies and in paths."""
        it = Choosing(spilling("a", "b", peer=True))
        it.known.states = dict.fromkeys("ab", State.READY)
        it.known.requests = {"a": 2, "b": 2}
        self.assertEqual(it.name("s"), "px/uniq")
        direct = it.choose("uniq")
        self.assertEqual((it.name("s"), it.tally.on_the_way(direct.target)), ("px/uniq", 1))
        target = direct.target
        with it.chooser.to(target):  # type: ignore[arg-type]
            it.known.requests = {"a": 1, "b": 1}
            self.assertIn(it.name("s"), "ab")
        direct.release()
        self.assertEqual(it.tally.on_the_way(target), 0)

    def test_who_arrives_is_counted_by_the_scheduler(self) -> None:
        """And not twice, so it is given back then; a request to a peer counts to its end."""
        it = Choosing(spilling("a", peer=True))
        here = it.choose("s")
        self.assertEqual((here.target.name, it.tally.on_the_way(here.target)), ("a", 1))
        there = it.choose("s")
        with here:
            here.release()
            self.assertEqual(it.tally.on_the_way(here.target), 0)
        with there:
            self.assertEqual(it.tally.on_the_way(there.target), 1)
        self.assertEqual([it.tally.on_the_way(choice.target) for choice in (here, there)], [0, 0])

    def test_given_back_once_however_it_ends(self) -> None:
        """At the end of the block, with or without an error, and not again."""
        it = Choosing(spilling("a"))
        first, second = it.choose("s"), it.choose("s")
        with self.assertRaises(ZeroDivisionError), first:
            raise ZeroDivisionError
        with second:
            second.release()
            second.release()
        self.assertEqual(it.tally.on_the_way(first.target), 0)

    def test_w16_counts_and_turns_outlive_the_settings(self) -> None:
        """A reload neither forgets who is under way nor whose turn it is."""
        it = Choosing(spilling("a", "b", "c"))
        it.known.states = dict.fromkeys("abc", State.READY)
        self.assertEqual(it.name("s"), "a")
        held = it.choose("s")
        it.configure(spilling("a", "b", "c"))
        self.assertEqual([it.name("s"), it.name("s")], ["c", "a"])
        held.release()
        self.assertEqual([it.name("s"), it.name("s")], ["b", "c"])

    def test_selectors_that_are_gone_are_forgotten(self) -> None:
        """The turn of one that comes back begins anew."""
        it = Choosing(spilling("a", "b"))
        it.known.states = dict.fromkeys("ab", State.READY)
        it.name("s")
        it.tally.forget_all_but(["s"])
        self.assertIsNotNone(it.tally.last("s"))
        it.tally.forget_all_but([])
        self.assertIsNone(it.tally.last("s"))

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["s", "uniq", "ends"]), st.integers(0, 9)), max_size=40))
    def test_nothing_is_left(self, steps: list[tuple[str, int]]) -> None:
        """Whatever comes and goes in whatever order, in the end nobody counts, and never less than nobody."""
        it = Choosing(spilling("a", "b", peer=True))
        running: list[Choice] = []
        for step, which in steps:
            if step in ("s", "uniq"):
                running.append(it.choose(step))
            elif running:
                running[which % len(running)].release()
        counts = [it.tally.on_the_way(choice.target) for choice in running]
        self.assertTrue(all(count >= 0 for count in counts))
        for choice in itertools.chain(running, running):
            choice.release()
        self.assertEqual([it.tally.on_the_way(choice.target) for choice in running], [0] * len(running))


class ProfileTests(SynchronousTestCase):
    def test_active(self) -> None:
        """Only a change is one; a profile that is gone is none."""
        active = ActiveProfile()
        self.assertEqual([active.choose(name) for name in (None, "p", "p", None)], [False, True, False, True])
        active.choose("p")
        self.assertEqual((active.among(["p", "q"]), active.among([])), ("p", None))
