"""Router and scheduler are those that section 16 says, in either style, never both."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.routers import Routers
from llamaswap.config.schema import Group, Matrix, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from llamaswap.ids import ModelId
from tests.config.loading import FIXED, only, problems, settings

MODELS = f"models: {{a: {{{FIXED}, aliases: [al]}}, b: {{{FIXED}}}, c: {{{FIXED}}}}}\n"
A, B, C = map(ModelId, "abc")


def groups(text: str) -> tuple[Group, ...]:
    return settings(MODELS + text).groups


class StyleTests(SynchronousTestCase):
    """The older style and the newer one."""

    def test_v37_new_style(self) -> None:
        """`routing.router.settings.groups`, with defaults."""
        found = groups("routing: {router: {settings: {groups: {g: {exclusive: false, members: [b]}}}}}")
        self.assertEqual(found, (Group(id="g", members=(B,), exclusive=False), Group(id="(default)", members=(A, C))))

    def test_legacy_style(self) -> None:
        """Top-level `groups`; routing may then hold a scheduler or an empty router."""
        expected = (Group(id="g", members=(A,), swap=False, persistent=True), Group(id="(default)", members=(B, C)))
        text = "groups: {g: {swap: false, persistent: true, members: [a]}}\n"
        self.assertEqual(groups(text), expected)
        self.assertEqual(groups(text + "routing: {router: {}, scheduler: {use: fifo}}"), expected)

    def test_v38_both_styles(self) -> None:
        """Together they are refused, and the message says where to go."""
        text = MODELS + "groups: {g: {members: [a]}}\nrouting: {router: {%s}}"
        for modern in ("use: group", "settings: {groups: {h: {members: [b]}}}", "settings: {matrix: {}}"):
            found = problems(text % modern)
            self.assertIn("groups: cannot be used together with routing.router: migrate", str(found[0]))

    def test_empty_legacy_groups_are_absent(self) -> None:
        """`groups: {}` does not stand in the way of the new style."""
        found = groups("groups: {}\nrouting: {router: {use: group, settings: {groups: {g: {members: [a]}}}}}")
        self.assertEqual(found[0], Group(id="g", members=(A,)))

    def test_wrong_kinds(self) -> None:
        """An empty text is no groups, and an empty mapping no name of a router."""
        self.assertIn("groups: string `` where a mapping is needed", only("groups: ''"))
        self.assertIn("routing.router.use: a mapping where text is needed", only("routing: {router: {use: {}}}"))


class RouterTests(SynchronousTestCase):
    """Which policy."""

    def test_r16_unknown_router(self) -> None:
        """The name is case-sensitive, and the valid ones are told."""
        fault = "routing.router.use: unknown router Group: valid values are group, matrix"
        self.assertIn(fault, only("routing: {router: {use: Group}}"))
        self.assertEqual(settings("routing: {router: {use: ''}}").router, "group")

    def test_routers_are_handed_in(self) -> None:
        """The loader knows the policies that it is told of, and leaves their settings alone; nobody has groups then."""
        text = f"{MODELS}routing: {{router: {{use: other, settings: {{other: {{x: [1]}}, third: 5}}}}}}"
        loaded: Settings = load([Source("c.yaml", text)], routers=Routers(["group", "other"]))
        self.assertEqual((loaded.router, loaded.groups, loaded.matrix), ("other", (), None))
        (warning,) = loaded.warnings
        self.assertIn("unknown key `third`", warning)

    def test_matrix_is_no_group(self) -> None:
        """Where there is no such policy, a file that asks for a matrix never runs as groups, in neither style."""
        for text in ("matrix: {sets: {s: a}}", "routing: {router: {use: matrix}}"):
            with self.assertRaises(ConfigurationError) as caught:
                load([Source("c.yaml", MODELS + text)], routers=Routers(["group"]))
            (problem,) = caught.exception.problems
            self.assertIn("unknown router matrix: valid values are group", problem.message)

    def test_matrix(self) -> None:
        """In both styles; nobody is in a group then, and groups are not looked at."""
        old = settings(MODELS + "matrix: {sets: {s: a & b}}")
        text = "routing: {router: {use: matrix, settings: {matrix: {sets: {s: a & b}}, groups: {g: {members: [zz]}}}}}"
        new = settings(MODELS + text)
        self.assertEqual((old.router, old.groups, old.matrix), ("matrix", (), Matrix(sets={"s": "a & b"})))
        self.assertEqual(old, new)
        self.assertIn("settings.groups: is ignored, for routing.router.use is matrix", new.warnings[0])

    def test_r17_matrix_without_a_matrix(self) -> None:
        """The router needs its settings."""
        fault = "routing.router.use: the router is matrix, but routing.router.settings.matrix is not set"
        for settings_ in ("", ", settings: ~", ", settings: {}", ", settings: {matrix: ~}"):
            self.assertIn(fault, only(f"routing: {{router: {{use: matrix{settings_}}}}}"))
        self.assertIn("settings: string `x` where", only("routing: {router: {use: matrix, settings: x}}"))

    def test_v40_inactive_matrix(self) -> None:
        """A matrix that is not used is not looked at; a warning says so."""
        loaded = settings('routing: {router: {use: group, settings: {matrix: {sets: {s: "((("}}}}}')
        self.assertEqual((loaded.router, loaded.matrix, len(loaded.warnings)), ("group", None, 1))

    def test_groups_and_matrix(self) -> None:
        """The older style has one of them."""
        self.assertIn(
            "groups: cannot use both groups and matrix", only(MODELS + "groups: {g: {}}\nmatrix: {sets: {s: a}}")
        )
        settings(MODELS + "groups: {}\nmatrix: {sets: {s: a}}")
        settings(MODELS + "groups: {g: {}}\nmatrix: ~")


class SchedulerTests(SynchronousTestCase):
    """Who is first."""

    def fifo(self, text: str) -> str:
        return MODELS + f"routing: {{scheduler: {{settings: {{fifo: {{{text}}}}}}}}}"

    def test_r18_unknown_scheduler(self) -> None:
        """`fifo` or nothing."""
        self.assertIn("routing.scheduler.use: unknown scheduler lifo", only("routing: {scheduler: {use: lifo}}"))
        settings("routing: {scheduler: {use: ''}}")

    def test_max_wait(self) -> None:
        """Seconds, 0 included; 30 unless given."""
        self.assertEqual(settings("").max_wait, 30.0)
        self.assertEqual(settings(self.fifo("maxWait: 0")).max_wait, 0.0)
        self.assertEqual(settings(self.fifo("maxWait: 2.5")).max_wait, 2.5)
        self.assertIn("maxWait: must be >= 0", only(self.fifo("maxWait: -1")))

    def test_priorities(self) -> None:
        """By model ID, an alias resolved (oddity 6); null says nothing."""
        self.assertEqual(settings(self.fifo("priority: {al: 5, b: -1, c: ~}")).priorities, {"a": 5, "b": -1})

    def test_v41_unknown_model(self) -> None:
        """A priority is of a model that exists."""
        self.assertIn("priority references unknown model zz", only(self.fifo("priority: {a: 5, zz: 1}")))

    def test_two_priorities(self) -> None:
        """One model has one priority, whatever it is called."""
        self.assertIn("model a already has priority 5", only(self.fifo("priority: {a: 5, al: 6}")))
        self.assertEqual(settings(self.fifo("priority: {a: 5, al: 5}")).priorities, {"a": 5})
