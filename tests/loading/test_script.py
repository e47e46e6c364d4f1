"""What is said, and when: news first and once, a remark now and then, else a sign of life (lifecycle section 8.3)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.loading.script import RULE, TICK, Remark, Script
from llamaswap.stay import Progress

A, B = ModelId("a"), ModelId("b")
MODELS = st.lists(st.sampled_from([ModelId(name) for name in "abcdefghij"]), unique=True, max_size=8)
SOME = st.builds(
    Progress,
    position=st.integers(0, 3),
    loading=st.none() | st.floats(0, 1000),
    remaining=st.none() | st.floats(0, 10000),
)


class FixedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.script = Script(ModelId("m"), "seed")

    def line(self, progress: Progress, stopping: list[ModelId], waited: float = 0.0) -> str | None:
        remark = self.script.news(progress, stopping, waited)
        return remark.line if remark is not None else None

    def test_s85_first_and_last_words(self) -> None:
        """The rule and the model first, the time with two decimals and the rule last."""
        self.assertEqual(RULE, "━━━━━")
        self.assertEqual(self.script.opening().flow, "━━━━━\nllama-swap loading model: m\n")
        self.assertEqual(self.script.closing(1.234).flow, "\nDone! (1.23s)\n━━━━━\n \n")
        self.assertEqual(self.script.closing(-1).line, "Done! (0.00s)")

    def test_a_whole_wait(self) -> None:
        """In line, then the load's stops, then the load itself: each once."""
        self.assertEqual(self.line(Progress(position=2), []), "Queue position: #2")
        self.assertIsNone(self.line(Progress(position=2), []))
        self.assertEqual(self.line(Progress(position=1), []), "Queue position: #1")
        self.assertEqual(self.line(Progress(loading=0.0), [A, B]), "stopping a, b")
        self.assertIsNone(self.line(Progress(loading=1.0), [A, B]))
        self.assertEqual(self.line(Progress(loading=2.0), [B]), "stopping b")
        self.assertEqual(self.line(Progress(loading=3.0, remaining=11.6), []), "loading, about 12 s to go")
        self.assertIsNone(self.line(Progress(loading=4.0, remaining=10.6), []))

    def test_a_second_load(self) -> None:
        """A load that begins again, after others have gone or from the end of the line, is news again."""
        self.assertEqual(self.line(Progress(loading=0.0), []), "loading")
        self.assertEqual(self.line(Progress(loading=0.0), [A]), "stopping a")
        self.assertEqual(self.line(Progress(loading=0.0), []), "loading")
        self.assertEqual(self.line(Progress(position=1), []), "Queue position: #1")
        self.assertIsNone(self.line(Progress(), []))
        self.assertEqual(self.line(Progress(loading=0.0), []), "loading")
        self.assertEqual(self.line(Progress(position=1), []), "Queue position: #1")

    def test_estimates(self) -> None:
        """Rounded to what is worth saying."""
        for remaining, words in ((0.0, "ready any moment"), (0.2, "about 1 s to go"), (99.4, "about 99 s to go")):
            script = Script(A, "seed")
            remark = script.news(Progress(loading=0.0, remaining=remaining), [], 0.0)
            self.assertEqual(remark and remark.line, f"loading, {words}")
        late = Script(A, "seed").news(Progress(loading=0.0, remaining=200.0), [], 0.0)
        self.assertEqual(late and late.line, "loading, about 3 min to go")

    def test_estimate_instead_of_a_remark(self) -> None:
        """While the model loads, what is said now and then is how long it will take."""
        self.line(Progress(loading=0.0, remaining=30.0), [])
        said = self.script.next(Progress(loading=9.0, remaining=21.0), [], 9.0)
        self.assertEqual(said.line, "about 21 s to go")

    def test_many_stops(self) -> None:
        """A long list is cut, and says so."""
        self.assertEqual(
            self.line(Progress(loading=0.0), [ModelId(c) for c in "abcdefg"]), "stopping a, b, c, d, e and 2 more"
        )


class EverySequenceTests(SynchronousTestCase):
    @given(st.lists(st.tuples(SOME, MODELS, st.booleans()), max_size=60), st.text(max_size=5))
    def test_news(self, steps: list[tuple[Progress, list[ModelId], bool]], seed: str) -> None:
        """Another place in line is told at once; what stays the same is soon no news; a tick is never silent."""
        script = Script(A, seed)
        before = 0
        for number, (progress, stopping, tick) in enumerate(steps):
            waited = number * TICK
            said = script.next(progress, stopping, waited) if tick else script.news(progress, stopping, waited)
            if progress.position not in (0, before):
                self.assertEqual(
                    said, Remark(f"\nQueue position: #{progress.position} ", f"Queue position: #{progress.position}")
                )
            before = progress.position
            again = [script.news(progress, stopping, waited) for _ in range(2)]
            self.assertIsNone(again[1])
            self.assertTrue(again[0] is None or again[0] != said)

    @given(st.integers(0, 2**32), st.integers(1, 400))
    def test_remarks_are_5_to_9_seconds_apart(self, seed: int, ticks: int) -> None:
        """The first tick has one; between two there are only dots."""
        script = Script(A, str(seed))
        said = [(n * TICK, script.next(Progress(), [], n * TICK)) for n in range(1, ticks + 1)]
        times = [when for when, remark in said if remark.line]
        self.assertEqual(times[0], TICK)
        gaps = [later - earlier for earlier, later in pairwise(times)]
        self.assertTrue(all(5 <= gap <= 9 + TICK for gap in gaps), gaps)
        self.assertEqual({remark for _, remark in said if not remark.line} - {Remark(".", "")}, set())
        lines = [remark.line for _, remark in said if remark.line]
        self.assertTrue(all(one != next for one, next in pairwise(lines)))
