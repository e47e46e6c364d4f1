"""A selector's choice, by what is known of its targets."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model, Peer
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.resolve.selection import Standing, spillover, warm
from llamaswap.resolve.targets import Local, Remote

OUT = (State.STOPPING, State.SHUTDOWN)


def standing(name: str, state: State | None, busy: int = 0) -> Standing:
    """A target; without a state it is a peer's."""
    if state is None:
        return Standing(Remote(Peer(id="p", proxy="http://p", models=(name,)), name, name), busy)
    return Standing(Local(Model(id=ModelId(name)), name), busy, state)


def name_of(chosen: Standing | None) -> str | None:
    return chosen.target.name if chosen is not None else None


@st.composite
def some(draw: st.DrawFn) -> list[Standing]:
    kinds = draw(
        st.lists(st.tuples(st.none() | st.sampled_from(list(State)), st.integers(0, 3)), min_size=1, max_size=6)
    )
    return [standing(f"t{place}", state, busy) for place, (state, busy) in enumerate(kinds)]


class WarmTests(SynchronousTestCase):
    def test_s93(self) -> None:
        """The first that is ready, else the first that is starting, else the first."""
        for states, expected in (
            ((State.STARTING, State.STOPPED, State.READY), "c"),
            ((State.STOPPED, State.READY, State.READY), "b"),
            ((State.STARTING, State.STARTING, State.STOPPED), "a"),
            ((State.STOPPED, State.STOPPED, State.STOPPED), "a"),
            ((State.STOPPING, State.SHUTDOWN, State.STOPPED), "a"),
        ):
            chosen = warm([standing(name, state) for name, state in zip("abc", states, strict=True)])
            self.assertEqual(chosen.target.name, expected, states)


class SpilloverTests(SynchronousTestCase):
    def choose(self, *standings: Standing, limit: int = 1, last: str = "") -> str | None:
        before = next((each.target for each in standings if each.target.name == last), None)
        return name_of(spillover(standings, limit, before))

    def test_active_before_cold(self) -> None:
        """One that runs and has room comes before one that would have to start."""
        self.assertEqual(self.choose(standing("a", State.STOPPED), standing("b", State.STARTING)), "b")
        self.assertEqual(self.choose(standing("a", State.STOPPED), standing("b", State.READY, 1)), "a")
        self.assertEqual(self.choose(standing("a", State.STOPPED), standing("b", State.READY, 1), limit=2), "b")

    def test_one_that_somebody_waits_for_is_active(self) -> None:
        """It will start, whatever its state is."""
        self.assertEqual(self.choose(standing("a", State.STOPPED), standing("b", State.STOPPED, 1), limit=2), "b")
        self.assertEqual(self.choose(standing("a", None), standing("b", None, 1), limit=2), "b")

    def test_peers_are_cold_until_they_have_something_to_do(self) -> None:
        """A peer is asked when those that run here are busy."""
        self.assertEqual(self.choose(standing("a", None), standing("b", State.READY)), "b")
        self.assertEqual(self.choose(standing("a", None), standing("b", State.READY, 1)), "a")

    def test_all_are_busy(self) -> None:
        """The least busy is asked when there is no other."""
        self.assertEqual(self.choose(standing("a", State.READY, 5), standing("b", State.READY, 3)), "b")

    def test_those_that_stop_are_left_out(self) -> None:
        """Whatever they have to do; when all stop, there is none."""
        self.assertEqual(self.choose(standing("a", State.STOPPING), standing("b", State.READY, 9)), "b")
        self.assertEqual(self.choose(standing("a", State.STOPPING, 1), standing("b", State.STOPPED)), "b")
        self.assertIsNone(self.choose(standing("a", State.STOPPING, 1), standing("b", State.SHUTDOWN)))

    def test_ties_go_round(self) -> None:
        """The next in the list after the one before; a target that is gone begins anew."""
        three = [standing(name, State.READY) for name in "abc"]
        self.assertEqual([self.choose(*three, last=last) for last in ("", "a", "b", "c", "x")], list("abcaa"))
        busy = standing("b", State.READY, 1)
        self.assertEqual(self.choose(three[0], busy, three[2], last="a"), "c")

    @settings(deadline=None)
    @given(some(), st.integers(1, 3), st.integers(0, 6))
    def test_rules(self, standings: list[Standing], limit: int, turn: int) -> None:
        """Never one that stops; none only if all do; no start while one has room; never a busier one in vain."""
        last = standings[turn].target if turn < len(standings) else None
        chosen = spillover(standings, limit, last)
        usable = [each for each in standings if each.state not in OUT]
        self.assertEqual(chosen is None, not usable)
        assume(chosen is not None)
        assert chosen is not None
        self.assertIn(chosen, usable)
        active = [each for each in usable if each.busy or each.state in (State.READY, State.STARTING)]
        has_room = any(each.busy < limit for each in active)
        all_active = len(active) == len(usable)
        self.assertEqual(chosen in active, has_room or all_active)
        if chosen in active:
            self.assertEqual(chosen.busy, min(each.busy for each in active))
        else:
            self.assertEqual(chosen, next(each for each in usable if each not in active))

    @settings(deadline=None)
    @given(st.integers(2, 6), st.integers(1, 3))
    def test_everybody_has_a_turn(self, number: int, limit: int) -> None:
        """Among equals nobody is asked again before all others were."""
        standings = [standing(f"t{place}", State.READY) for place in range(number)]
        last, seen = None, []
        for _ in range(2 * number):
            chosen = spillover(standings, limit, last)
            assert chosen is not None
            last = chosen.target
            seen.append(last.name)
        self.assertEqual(seen, [each.target.name for each in standings] * 2)
