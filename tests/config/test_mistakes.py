"""Mistakes as people make them: each is told once, at its place, and none hides another."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import only, problems, warnings


class OneMistakeTests(SynchronousTestCase):
    """One mistake is one problem."""

    def test_misspelt_macro_in_cmd(self) -> None:
        """Whether cmd has ${PORT} is not known while a macro of it is not."""
        self.assertIn(
            "unknown macro ${sever} found in a.cmd",
            only('macros: {server: "s --port ${PORT}"}\nmodels: {a: {cmd: "${sever} -x"}}'),
        )

    def test_cmd_as_a_list(self) -> None:
        """A cmd of the wrong type says nothing of ${PORT}."""
        self.assertIn("models.f.cmd: a list where text is needed", only('models: {f: {cmd: ["s", "--port ${PORT}"]}}'))


class AllAtOnceTests(SynchronousTestCase):
    """No second round of mending."""

    def test_groups_beside_a_matrix(self) -> None:
        """The groups are looked at although there may be only one of the two (the matrix is)."""
        text = """\
            models: {a: {cmd: 's ${PORT}'}}
            groups: {g: {members: [a, nope], swap: "false"}}
            matrix: {sets: {s: a}}
        """
        self.assertEqual(
            {problem.path for problem in problems(text)}, {"groups", "groups.g.members[1]", "groups.g.swap"}
        )

    def test_settings_of_a_misspelt_router(self) -> None:
        """`use: groups` hides nothing of the groups."""
        text = """\
            models: {a: {cmd: 's ${PORT}'}}
            routing: {router: {use: groups, settings: {groups: {g: {members: [a, nope]}}}}}
        """
        self.assertEqual(
            [problem.path for problem in problems(text)],
            ["routing.router.use", "routing.router.settings.groups.g.members[1]"],
        )


class HintTests(SynchronousTestCase):
    """Where, and what was meant."""

    def test_macros_misspelt(self) -> None:
        """`macros` is a key like any other, at the top and in a model."""
        said = warnings('macro: {a: 1}\nmodels: {m: {cmd: "s ${PORT}", Macros: {b: 1}}}')
        self.assertEqual(said.count("did you mean `macros`?"), 2, said)

    def test_line_of_a_macro_in_a_block(self) -> None:
        """The line that has it, as for ${env.NAME} and for matrix expressions; not that of `cmd: |`."""
        text = "models:\n  m:\n    cmd: |\n      s ${PORT}\n      --x ${nope}\n"
        (problem,) = problems(text)
        self.assertEqual((problem.line, problem.column), (5, 11))

    def test_both_places_of_a_conflict(self) -> None:
        """A name that two files define: the message names both, as it does within one file."""
        good = "models: {m: {cmd: 's ${PORT}'}}"
        with self.assertRaises(ConfigurationError) as raised:
            load([Source("one.yaml", good), Source("two.yaml", good)])
        self.assertIn("one.yaml", str(raised.exception))
        with self.assertRaises(ConfigurationError) as raised:
            load([Source("one.yaml", "startPort: 1"), Source("two.yaml", "startPort: 2")])
        self.assertIn("one.yaml", str(raised.exception))
