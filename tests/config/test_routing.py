"""Groups and scheduler say what section 16 says, in either style, never both."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.schema import Group, Settings
from llamaswap.config.source import Source
from llamaswap.ids import ModelId
from tests.config.loading import FIXED, only, problems, settings

MODELS = f"models: {{a: {{{FIXED}, aliases: [al]}}, b: {{{FIXED}}}, c: {{{FIXED}}}}}\n"
A, B, C = map(ModelId, "abc")


def groups(text: str) -> tuple[Group, ...]:
    return settings(MODELS + text).groups


class GroupTests(SynchronousTestCase):
    """Who may run together."""

    def test_default_group(self) -> None:
        """Models that no group lists share the last group, which is there even when it is empty."""
        self.assertEqual(groups(""), (Group(id="(default)", members=(A, B, C)),))
        self.assertEqual(groups("groups: {g: {members: [c, b, a]}}")[1:], (Group(id="(default)"),))

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

    def test_s76_member_of_two_groups(self) -> None:
        """A model is in one group, once; both groups are named (V39)."""
        self.assertIn(
            "groups.h.members[0]: member a is used in multiple groups: g and h",
            only(MODELS + "groups: {g: {members: [a]}, h: {members: [a]}}"),
        )
        self.assertIn("duplicate member a in group g", only(MODELS + "groups: {g: {members: [a, a]}}"))

    def test_s76_models_in_no_group_are_one_exclusive_swap_group(self) -> None:
        """The default group swaps and is exclusive."""
        default = groups("groups: {g: {members: [a]}}")[-1]
        self.assertEqual(
            (default.swap, default.exclusive, default.persistent, default.members), (True, True, False, (B, C))
        )

    def test_unknown_members(self) -> None:
        """A member must exist (oddity 4)."""
        self.assertIn("groups.g.members[1]: unknown model zz", only(MODELS + "groups: {g: {members: [a, zz]}}"))

    def test_alias_members(self) -> None:
        """An alias is taken as its model, with a warning, and counts as it (oddity 4, W-37)."""
        loaded = settings(MODELS + "groups: {g: {members: [al]}}")
        self.assertEqual(loaded.groups[0].members, (A,))
        self.assertEqual(loaded.warnings, ("c.yaml:2:24: groups.g.members[0]: al is an alias; taken as model a",))
        self.assertIn("duplicate member a", only(MODELS + "groups: {g: {members: [a, al]}}"))

    def test_reserved_name(self) -> None:
        """Nobody else may be called `(default)` (oddity 5)."""
        self.assertIn(
            "groups.(default): (default) is the group of all models",
            only(MODELS + "groups: {(default): {members: [a]}}"),
        )

    def test_null_group(self) -> None:
        """A group without keys has the defaults (oddity 3)."""
        self.assertEqual(groups("groups: {g: }")[0], Group(id="g"))

    def test_wrong_kinds(self) -> None:
        """Lists and words in the wrong place are told, once each."""
        for text in (
            "groups: [a]",
            "groups: {g: x}",
            "groups: {g: {members: a}}",
            "groups: {g: {members: [[a]]}}",
            "routing: x",
        ):
            self.assertIn("where", only(MODELS + text))


class RouterTests(SynchronousTestCase):
    """Which policy."""

    def test_r16_unknown_router(self) -> None:
        """The name is case-sensitive, and the valid ones are told."""
        self.assertIn(
            "routing.router.use: unknown router Group: valid values are group", only("routing: {router: {use: Group}}")
        )
        self.assertEqual(settings("routing: {router: {use: ''}}").router, "group")

    def test_routers_are_handed_in(self) -> None:
        """The loader knows the policies that it is told of."""
        loaded: Settings = load([Source("c.yaml", "routing: {router: {use: other}}")], routers=["group", "other"])
        self.assertEqual(loaded.router, "other")

    def test_matrix_is_no_group(self) -> None:
        """A file that asks for a matrix never runs as groups, in neither style."""
        self.assertIn("matrix: unknown router matrix", only("matrix: {sets: {s: a}}"))
        self.assertIn("routing.router.use: unknown router matrix", only("routing: {router: {use: matrix}}"))

    def test_v40_inactive_matrix(self) -> None:
        """A matrix that is not used is not looked at; a warning says so."""
        loaded = settings('routing: {router: {use: group, settings: {matrix: {sets: {s: "((("}}}}}')
        self.assertEqual((loaded.router, len(loaded.warnings)), ("group", 1))


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
