"""The JSON Schema takes every file that the loader takes, but for keys that nobody knows.

So it is with the files below, and with every text that other tests of the loader show to be good (`loading.py`).
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.routers import Routers
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import keys_of
from tests.config.places import check_agreement, good, places, plain, underlined, with_value
from tests.config.test_properties import FILES, SCALARS, TREES, spoilt

PLACES = places()
KINDS: list[Any] = [None, True, 0, 0.5, -1, "x", "5", [], [None], ["m"], [[1]], {}, {"m": 1}]
SAMPLES: list[Any] = [
    *KINDS,
    *(False, 1, -2, 15, 5.9, -0.5, -1.5, -2.5),
    *("", " ", "a b", "yes", "OFF", "true", "5s", "0", "1m30s", "1d", "http://h:1", "(default)"),
    *("m", "group", "matrix", "fifo", "proxy", "Both", "pin", "text", "none", "debug"),
    *(["text", None], [5], {"m": None}, {"m": "m"}, {"m": {}}, {"m": ["m"]}),
]
MACROS = ["${number}", "${fraction}", "${truth}", "${yes}", "o${n}", "${PORT}", "${PID}", "${MODEL_ID}"]


class SampleTests(SynchronousTestCase):
    """A value at a place of a good configuration."""

    def test_what_loads(self) -> None:
        """What the loader takes there, plain or with a macro, the schema takes."""
        for place in PLACES:
            for value in (*SAMPLES, *MACROS):
                check(json.dumps(with_value(good(place), place, value)))

    def test_wrong_kinds(self) -> None:
        """What the loader refuses there because it is something else, the schema refuses too."""
        for place in PLACES:
            for value in KINDS:
                tree = with_value(good(place), place, value)
                if any(" where " in fault for fault in faults(json.dumps(tree))):
                    self.assertNotEqual(underlined(tree), [], (place, value))

    def test_spellings(self) -> None:
        """Every word for yes and no, and every unit of time."""
        words = "y Y yes Yes YES on On ON n N no No NO off Off OFF".split()
        spans = "5s +6000ms 5000000us 5000000\u00b5s 5000000\u03bcs 5000000000ns .5m 1h1.5m 0 -0s".split()
        for tree in (
            *({"sendLoadingState": word} for word in words),
            *({"performance": {"every": span}} for span in spans),
        ):
            self.assertEqual((faults(json.dumps(tree)), underlined(tree)), ([], []), tree)

    def test_old_profiles(self) -> None:
        """Profiles that are lists load, with a warning, and are not underlined."""
        check('{models: {m: {cmd: "s ${PORT}"}, n: {cmd: "s ${PORT}"}}, profiles: {both: [m, n], none: []}}')

    def test_files_of_a_directory(self) -> None:
        """What stands in another file is not missed: sets of a matrix, targets, the settings of a router."""
        for text in ("{matrix: {vars: {v: m}}}", "{routing: {router: {use: matrix}}}", "{models: {m: }}", ""):
            self.assertEqual(underlined(plain(text)), [])

    def test_variables(self) -> None:
        """A variable of the environment may stand for anything anywhere."""
        for place, schema in PLACES.items():
            self.assertEqual(underlined(with_value(good(place), place, "${env.X}")), [], place)
            if "items" in schema:
                self.assertEqual(underlined(with_value(good(place), place, ["${env.X}"])), [], place)
        self.assertEqual(keys_of(load([Source("c", "apiKeys: ${env.X}")], environ={"X": "[a]"})), ("a",))

    def test_extensions(self) -> None:
        """Settings of routers that others wrote."""
        text = "{routing: {router: {use: mine, settings: {mine: {depth: [1]}}}}}"
        self.assertEqual(load([Source("c", text)], routers=Routers(("group", "mine"))).router, "mine")
        self.assertEqual(underlined(plain(text)), [])


class AnyTests(SynchronousTestCase):
    """Whatever comes."""

    @settings(max_examples=300, deadline=None)
    @given(FILES)
    def test_good_files(self, tree: dict[str, Any]) -> None:
        """Files that mostly are good."""
        check(json.dumps(tree))

    @settings(max_examples=300, deadline=None)
    @given(FILES, st.integers(0, 99), TREES)
    def test_one_value_is_another(self, tree: dict[str, Any], place: int, instead: object) -> None:
        """One value of such a file replaced by anything."""
        check(json.dumps(spoilt(deepcopy(tree), place, instead)))

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def test_anything_somewhere(self, data: st.DataObject) -> None:
        """Anything at a few places, those included that the files above never have."""
        chosen = data.draw(st.lists(st.sampled_from([place for place in PLACES if place]), min_size=1, max_size=4))
        tree = good(chosen[0])
        for place in chosen:
            with_value(tree, place, data.draw(st.one_of(SCALARS, st.sampled_from(SAMPLES), TREES)))
        check(json.dumps(tree))


def check(text: str) -> None:
    """If `text` loads, editors find nothing wrong with it."""
    try:
        loaded = load([Source("c.yaml", text)])
    except ConfigurationError:
        return
    check_agreement(text, loaded.warnings)


def faults(text: str) -> list[str]:
    """What the loader finds wrong with `text`."""
    try:
        load([Source("c.yaml", text)])
    except ConfigurationError as error:
        return [problem.message for problem in error.problems]
    return []
