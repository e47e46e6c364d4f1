"""Groups say which models may run together (section 16.2)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Group
from llamaswap.ids import ModelId
from tests.config.loading import FIXED, only, settings

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

    def test_members_are_not_missed_twice(self) -> None:
        """Where models cannot be read, nobody is told that they are unknown."""
        for models in ("models: [a]", f"models: {{a: {{{FIXED}, aliases: b}}}}", "models: {a: 5}"):
            self.assertIn("where", only(f"{models}\ngroups: {{g: {{members: [b]}}}}"))
