"""`${NAME}` is filled in with its type, and one that is left is told with its place (sections 5.2, 5.5, 5.6)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.nodes import ScalarNode
from llamaswap.config.placeholders import filling, mentions
from llamaswap.config.scalars import Value
from llamaswap.config.source import Place
from tests.config.loading import FIXED, model, only, problems, settings

PLACE = Place("c.yaml", 1, 1)


def filled(text: str, value: Value) -> Value:
    """`text` with `value` for `${X}`."""
    return filling("X", value)(text, ScalarNode(text, text, PLACE))


class SubstituteTests(SynchronousTestCase):
    """Filling in."""

    def test_whole_text_takes_the_type(self) -> None:
        """A text that is exactly the placeholder becomes the value itself."""
        self.assertEqual(filled("${X}", 5), 5)
        self.assertIs(filled("${X}", True), True)

    def test_part_of_a_text(self) -> None:
        """Elsewhere the value is inserted as text, as often as it is named; there is no escape."""
        self.assertEqual(filled("a${X}b$${X}", 0.70), "a0.7b$0.7")
        self.assertEqual(filled("${x} ${ X} $X ${}", 5), "${x} ${ X} $X ${}")

    def test_mentions(self) -> None:
        """Only text can hold a placeholder."""
        self.assertTrue(mentions(ScalarNode("a${X}", "", PLACE), "X"))
        self.assertFalse(mentions(ScalarNode(5, "${X}", PLACE), "X"))
        self.assertFalse(mentions(None, "X"))


class LeftoverTests(SynchronousTestCase):
    """What nothing was filled in for."""

    def test_places_of_a_model(self) -> None:
        """The message names the placeholder and the place."""
        for key in ("cmdStop", "checkEndpoint", "name", "description"):
            text = f'models: {{m: {{{FIXED}, {key}: "${{X}}"}}}}'
            self.assertIn(f"models.m.{key}: unknown macro ${{X}} found in m.{key}", only(text))
        self.assertIn(
            "models.m.env[1]: model m: unknown macro ${X}", only(f'models: {{m: {{{FIXED}, env: [a, "b${{X}}"]}}}}')
        )

    def test_r11_places_outside_models(self) -> None:
        """Outside models the path says where; nothing is supplied there."""
        self.assertIn("logLevel: unknown macro ${MODEL_ID}", only('logLevel: "${MODEL_ID}"'))
        self.assertIn("upstream.ignorePaths[0]: unknown macro ${X}", only('upstream: {ignorePaths: ["${X}"]}'))

    def test_environment(self) -> None:
        """A macro of the environment that is left is told as well; what only looks like one is text."""
        self.assertIn("logLevel: environment variable KEY not set", only("macros: {A: env.KEY}\nlogLevel: '${${A}}'"))
        settings('apiKeys: ["${env.1X}", "${a.b}", "${}"]')

    def test_v06_port_elsewhere(self) -> None:
        """A port that cmd does not ask for cannot be used."""
        self.assertIn(
            "macro ${PORT} should have been substituted in m.cmdStop",
            only('models: {m: {cmd: srv, proxy: "http://h:1", cmdStop: "halt ${PORT}"}}'),
        )

    def test_v16_pid(self) -> None:
        """`${PID}` is for cmdStop only."""
        self.assertEqual(model(f'{FIXED}, cmdStop: "kill ${{PID}}"').cmd_stop, "kill ${PID}")
        self.assertIn("it is there only in cmdStop", only(f'models: {{m: {{{FIXED}, name: "${{PID}}"}}}}'))

    def test_v18_unknown_keys(self) -> None:
        """Unknown top-level keys are exempt, unknown keys of a model are not."""
        settings('defs: {note: "${anything}"}')
        self.assertIn(
            "models.m.colour: model m: unknown macro ${X}", only(f'models: {{m: {{{FIXED}, colour: "${{X}}"}}}}')
        )

    def test_keys_are_not_places(self) -> None:
        """A placeholder in a key stays as it is."""
        settings('models: {"${X}": {cmd: s, proxy: "http://h:1"}}')

    def test_all_are_told_once(self) -> None:
        """Every placeholder of a text, each once."""
        found = problems(f'models: {{m: {{{FIXED}, name: "${{X}} ${{Y}} ${{X}}"}}}}')
        self.assertEqual(len(found), 2)
