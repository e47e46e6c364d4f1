"""Which eviction policies there are, and what becomes of those of other packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.describe import describe
from llamaswap.config.difference import difference
from llamaswap.config.load import load
from llamaswap.config.schema import NOTHING, Model, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from llamaswap.ids import ModelId
from llamaswap.schedule.eviction import GroupPolicy
from llamaswap.schedule.guard import Guard
from llamaswap.schedule.plugins import sort_out
from llamaswap.schedule.policies import Found, Policies
from tests.support.schedule import TablePolicy, settings

MODELS = 'models: {a: {cmd: s, proxy: "http://h:1"}, b: {cmd: s, proxy: "http://h:2"}}\n'
USE = MODELS + "routing: {router: {use: table, settings: {table: %s}}}"


class TableMaker:
    """Makes a policy whose settings are a table; remembers what it was given."""

    def __init__(self, name: Any = "table", error: BaseException | None = None, made: Any = None) -> None:
        self.name = name
        self.given: list[tuple[Mapping[ModelId, Model], Mapping[str, Any]]] = []
        self.error = error
        self._made = made

    def make(self, models: Mapping[ModelId, Model], settings: Mapping[str, Any]) -> Any:
        self.given.append((models, settings))
        if self.error is not None:
            raise self.error
        return TablePolicy({}) if self._made is None else self._made


def having(*makers: TableMaker, remarks: tuple[str, ...] = ()) -> Policies:
    return Policies(lambda: replace(sort_out(makers), remarks=remarks))


def loaded(text: str, policies: Policies) -> Settings:
    return load([Source("c.yaml", text)], routers=policies)


def fault(text: str, policies: Policies) -> str:
    """The one problem of `text`, with its place."""
    try:
        loaded(text, policies)
    except ConfigurationError as error:
        (problem,) = error.problems
        return str(problem)
    raise AssertionError(f"loads: {text}")


class LoadTests(SynchronousTestCase):
    """A configuration that names a policy of another package."""

    def test_good(self) -> None:
        """The maker is given all models, and its settings as JSON values; they are part of the settings."""
        maker = TableMaker()
        found = loaded(USE % "{n: 5, l: [1.5, x], m: ~}", having(maker))
        self.assertEqual((found.router, found.groups), ("table", ()))
        self.assertEqual(found.router_settings, {"n": 5, "l": [1.5, "x"], "m": None})
        ((models, given),) = maker.given
        self.assertEqual((models, given), (found.models, found.router_settings))

    def test_without_settings(self) -> None:
        """An empty mapping."""
        maker = TableMaker()
        for text in (USE % "~", MODELS + "routing: {router: {use: table}}"):
            self.assertEqual(loaded(text, having(maker)).router_settings, {})
        self.assertEqual(maker.given[0][1], {})

    def test_macros(self) -> None:
        """They work in its settings as everywhere."""
        found = loaded("macros: {n: 7}\n" + USE % '{n: "${n}"}', having(TableMaker()))
        self.assertEqual(found.router_settings, {"n": 7})

    def test_wrong_settings(self) -> None:
        """What the maker says is wrong is told at its settings, and at the name where there are none."""
        policies = having(TableMaker(error=ValueError("n must be 1")))
        self.assertEqual(fault(USE % "{n: 2}", policies), "c.yaml:2:50: routing.router.settings.table: n must be 1")
        text = MODELS + "routing: {router: {use: table}}"
        self.assertEqual(fault(text, policies), "c.yaml:2:25: routing.router.use: n must be 1")

    def test_one_line(self) -> None:
        """Whatever the maker's words look like, the problem is a line with something in it."""
        self.assertTrue(fault(USE % "{}", having(TableMaker(error=ValueError(" a\n\tb ")))).endswith(".table: a b"))
        self.assertTrue(fault(USE % "{}", having(TableMaker(error=ValueError()))).endswith("table cannot be made"))

    def test_no_mapping(self) -> None:
        """Settings are a mapping; the maker need not know better."""
        maker = TableMaker()
        self.assertIn(
            "routing.router.settings.table: a list where a mapping is needed", fault(USE % "[1]", having(maker))
        )
        self.assertEqual(maker.given, [])

    def test_maker_that_fails(self) -> None:
        """Whatever it raises, and whatever it makes, is told as a mistake of the configuration."""
        wrong = "settings.table: the policy table cannot be made: "
        self.assertIn(wrong + "KeyError: 'n'", fault(USE % "{n: 2}", having(TableMaker(error=KeyError("n")))))
        self.assertIn(wrong + "SystemExit: 1", fault(USE % "{n: 2}", having(TableMaker(error=SystemExit(1)))))
        self.assertIn(wrong + "what was made has no method", fault(USE % "{n: 2}", having(TableMaker(made=5))))

    def test_other_mistakes_come_first(self) -> None:
        """While something else is wrong the maker is not asked: it could complain of what follows from it."""
        maker = TableMaker(error=ValueError("n must be 1"))
        self.assertIn("startPort", fault(USE % "{n: 2}" + "\nstartPort: 0", having(maker)))
        self.assertEqual(maker.given, [])

    def test_unknown(self) -> None:
        """Which names there are is told, and why others are not there."""
        policies = having(TableMaker("other"), remarks=("a plugin cannot be imported: x.py: ImportError: y",))
        self.assertEqual(
            fault(USE % "{}", policies),
            "c.yaml:2:25: routing.router.use: unknown router table: valid values are group, matrix, other; "
            "a plugin cannot be imported: x.py: ImportError: y",
        )

    def test_two_of_one_name(self) -> None:
        """Neither is taken; others are not touched."""
        policies = having(TableMaker(), TableMaker(), TableMaker("other"))
        self.assertIn(
            "settings.table: two installed eviction policies are named table, of ", fault(USE % "{n: 1}", policies)
        )
        self.assertEqual(loaded(MODELS + "routing: {router: {use: other}}", policies).router, "other")

    def test_settings_of_another(self) -> None:
        """Those of a policy that is not in use have no effect, as a warning says; others are unknown keys."""
        found = loaded(MODELS + "routing: {router: {settings: {table: 5, tabel: 6}}}", having(TableMaker()))
        self.assertEqual((found.router, found.router_settings), ("group", {}))
        unused, misspelt = found.warnings
        self.assertIn("unknown key `tabel` is ignored; did you mean `table`?", misspelt)
        self.assertIn("settings.table: is ignored, for routing.router.use is group", unused)

    def test_description(self) -> None:
        """`check --json` shows its settings, and what it shows means the same."""
        policies = having(TableMaker())
        found = loaded(USE % "{n: 5, l: [1.5, x]}", policies)
        shown = describe(found)["routing"]["router"]
        self.assertEqual(shown, {"use": "table", "settings": {"table": {"n": 5, "l": [1.5, "x"]}}})
        again = loaded(MODELS + json.dumps({"routing": {"router": shown}})[1:-1], policies)
        self.assertEqual(again, found)

    def test_difference(self) -> None:
        """Other settings of it are a change of `routing`."""
        policies = having(TableMaker())
        one, other = (loaded(USE % text, policies) for text in ("{n: 1}", "{n: true}"))
        self.assertEqual(difference(one, other).settings, ("routing",))


class LookingTests(SynchronousTestCase):
    """When other packages are looked at."""

    def setUp(self) -> None:
        self.looks = 0

    def policies(self) -> Policies:
        def find() -> Found:
            self.looks += 1
            return Found({"table": TableMaker()} if self.looks > 1 else NOTHING)

        return Policies(find)

    def test_not_without_need(self) -> None:
        """A configuration that names no other policy needs none."""
        policies = self.policies()
        loaded(MODELS + "routing: {router: {use: group, settings: {groups: {}}}}", policies)
        policies.make(settings("a"), lambda *_: None)
        self.assertEqual(self.looks, 0)

    def test_installed_meanwhile(self) -> None:
        """Each reading of a configuration looks once: what was installed since the last one is there."""
        policies = self.policies()
        fault(USE % "{}", policies)
        self.assertEqual(self.looks, 1)
        found = loaded(USE % "{}", policies)
        policies.make(found, lambda *_: None)
        self.assertEqual(self.looks, 2)


class MakeTests(SynchronousTestCase):
    def test_own(self) -> None:
        """Policies of this package are what they are."""
        self.assertIsInstance(Policies().make(settings("a"), lambda *_: None), GroupPolicy)

    def test_other(self) -> None:
        """Those of others are held to their contract."""
        made = having(TableMaker()).make(Settings(router="table"), lambda *_: None)
        self.assertIsInstance(made, Guard)

    def test_nobody_looks(self) -> None:
        """What others have installed is not looked at, nor imported, where nobody names it."""
        looks: list[None] = []

        def find() -> Found:
            looks.append(None)
            return Found(remarks=("broken",))

        policies = Policies(find)
        policies.make(loaded(MODELS + "routing: {router: {use: group}}", policies), lambda *_: None)
        self.assertEqual((policies.remarks, looks), ((), []))
        self.assertIn("unknown router table", fault(USE % "{}", policies))
        self.assertEqual((policies.remarks, looks), (("broken",), [None]))

    def test_wrong(self) -> None:
        """Settings that no file has checked raise what is wrong with them."""
        for policies, words in (
            (Policies(), "unknown router: table"),
            (having(TableMaker(error=ValueError("no"))), "no"),
            (having(TableMaker(), TableMaker()), "two installed"),
        ):
            with self.assertRaisesRegex(ValueError, words):
                policies.make(Settings(router="table"), lambda *_: None)


class SortingTests(SynchronousTestCase):
    """What is made of the plugins that there are."""

    def test_names(self) -> None:
        """One without a name, or with one of ours, cannot be used; it is told, and does not break others."""
        good = TableMaker()
        found = sort_out([TableMaker("group"), good, TableMaker(None), TableMaker("")], ["x.py: KeyError"])
        self.assertEqual((found.makers, found.unusable), ({"table": good}, {}))
        place = "tests.schedule.test_policies.TableMaker"
        self.assertEqual(
            found.remarks,
            (
                "a plugin cannot be imported: x.py: KeyError",
                f"the eviction policy group of {place} is not used: one of llamaswap has that name",
                f"the eviction policy of {place} has no name, and cannot be used",
                f"the eviction policy of {place} has no name, and cannot be used",
            ),
        )

    def test_three_of_one_name(self) -> None:
        """Still nobody's."""
        found = sort_out([TableMaker(), TableMaker(), TableMaker()])
        self.assertEqual((dict(found.makers), list(found.unusable), len(found.remarks)), ({}, ["table"], 1))
