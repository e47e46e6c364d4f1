"""`llama-swap plan` answers what the server's own policy would decide."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.offline.plan import plan
from tests.offline.running import M, Ran, run
from tests.support.folders import folder_for

MODELS = f"models: {{a: {{{M}, aliases: [al]}}, b: {{{M}}}, c: {{{M}}}, d: {{{M}}}}}\n"
GROUPS = MODELS + "groups: {g: {members: [a, b]}, keep: {members: [c], persistent: true}}"
MATRIX = MODELS + "matrix: {sets: {one: a & b, two: c & (a | d)}, evict_costs: {b: 5}}"


class PlanTests(SynchronousTestCase):
    """Questions and answers."""

    def setUp(self) -> None:
        self.folder = Path(folder_for(self))

    def plan(self, config: str, *words: str) -> Ran:
        file = self.folder / "config.yaml"
        file.write_text(config)
        return run(plan, str(file), *words)

    def test_groups(self) -> None:
        """Siblings go, persistent ones stay; there is no set."""
        (answer,) = self.plan(GROUPS, "--running", "a,c", "--request", "b", "--json").lines
        self.assertEqual(
            {key: answer[key] for key in ("evict", "set", "start")}, {"evict": ["a"], "set": None, "start": True}
        )

    def test_matrix(self) -> None:
        """The cheapest set is named; what is outside it goes."""
        (answer,) = self.plan(MATRIX, "--running", "b,c", "--request", "a", "--json").lines
        self.assertEqual((answer["evict"], answer["set"], answer["start"]), (["c"], "one", True))

    def test_running_already(self) -> None:
        """Nothing is started; an alias is its model."""
        (answer,) = self.plan(MATRIX, "--running", "al", "--request", "a", "--json").lines
        self.assertEqual((answer["evict"], answer["start"]), ([], False))

    def test_words(self) -> None:
        """For people: who goes, what begins, and why."""
        ran = self.plan(GROUPS, "--running", "a", "--request", "b")
        self.assertEqual((ran.status, ran.out), (0, "evict a; start b (group g)\n"))

    def test_batch(self) -> None:
        """One line for each question, also for one that makes no sense."""
        questions = self.folder / "questions"
        questions.write_text(
            '{"running": ["a", "c"], "request": "b"}\n'
            '{"request": "zz"}\n{"running": 5, "request": "a"}\nno\n[]\n{"running": [], "request": "c"}\n'
        )
        ran = self.plan(GROUPS, "--batch", str(questions), "--json")
        self.assertEqual(ran.status, 1)
        self.assertEqual(
            [next(iter(line)) for line in ran.lines], ["evict", "error", "error", "error", "error", "evict"]
        )
        self.assertIn("line 2: there is no model 'zz'; there are a, b, c, d", ran.lines[1]["error"])

    def test_what_cannot_be_answered(self) -> None:
        """A wrong configuration, an unknown model, a missing file: one line each, status 1."""
        for config, words, said in (
            ("startPort: 0", ("--request", "a"), "config.yaml:1:12: startPort"),
            (GROUPS, ("--request", "zz"), "there is no model 'zz'"),
            (GROUPS, ("--request", "a", "--running", "yy"), "there is no model 'yy'"),
            (GROUPS, ("--batch", "/nowhere"), "cannot read /nowhere: No such file"),
        ):
            ran = self.plan(config, *words)
            self.assertEqual((ran.status, ran.out), (1, ""))
            self.assertIn(said, ran.err)

    def test_usage(self) -> None:
        """One question or a batch of them."""
        self.assertEqual(self.plan(GROUPS).status, 2)
        self.assertEqual(self.plan(GROUPS, "--request", "a", "--batch", "-").status, 2)
