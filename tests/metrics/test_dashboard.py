"""The Grafana dashboard, the alert rules and the table of series: whatever they name is really shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from twisted.trial.unittest import SynchronousTestCase

from tests.support.figures import everything, samples, types

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "contrib" / "grafana"
_NAME = re.compile(r"\b(?:llamaswap|process)_\w+")
_MATCHERS = re.compile(r"\{(.*?)\}")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"')
_BY = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")
_LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
NOT_ALWAYS = {"model"}
"""Labels that only the engines' series have where the dashboard asks for ours (`process_…{model=""}`)."""


def names(expression: str) -> set[str]:
    """The series that it reads."""
    return set(_NAME.findall(expression))


def labels(expression: str) -> set[str]:
    """The labels that it matches, and those that it groups by."""
    matched = {label for matchers in _MATCHERS.findall(expression) for label in _MATCHER.findall(matchers)}
    grouped = {label.strip() for group in _BY.findall(expression) for label in group.split(",")}
    return matched | grouped


class ShownCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.text = everything()
        self.found = samples(self.text)

    def labels_of(self, series: Iterable[str]) -> set[str]:
        return {label for name in series for one in self.found[name] for label in dict(one)}

    def check(self, expression: str, legends: str) -> None:
        """Its series are there, and they have the labels that it and the legends speak of."""
        read = names(expression)
        self.assertTrue(read, expression)
        self.assertEqual(read - self.found.keys(), set(), expression)
        known = self.labels_of(read) | (NOT_ALWAYS if "process_" in expression else set())
        self.assertEqual(labels(expression) - known, set(), expression)
        self.assertEqual(set(_LEGEND.findall(legends)) - self.labels_of(read), set(), legends)


class DashboardTests(ShownCase):
    def setUp(self) -> None:
        super().setUp()
        self.dashboard: dict[str, Any] = json.loads((GRAFANA / "llamaswap.json").read_text(encoding="utf-8"))

    def targets(self) -> Iterator[dict[str, str]]:
        for panel in self.dashboard["panels"]:
            yield from panel.get("targets", ())

    def test_every_series_exists(self) -> None:
        """With the labels that are asked for and shown."""
        targets = list(self.targets())
        self.assertGreater(len(targets), 50)
        for target in targets:
            self.check(target["expr"], target["legendFormat"])

    def test_variables(self) -> None:
        """Take their values from labels that there are."""
        variables = {variable["name"]: variable for variable in self.dashboard["templating"]["list"]}
        self.assertEqual(list(variables), ["datasource", "model", "key"])
        for name in ("model", "key"):
            series, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variables[name]["query"]["query"]).groups()  # type: ignore[union-attr]
            self.assertIn(label, self.labels_of([series]))
        used = {name for target in self.targets() for name in re.findall(r"\$(\w+)", target["expr"])}
        self.assertEqual(used, {"model", "key", "__rate_interval"})

    def test_panels(self) -> None:
        """Each has a number and a place of its own, and asks the chosen data source."""
        panels = self.dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken: set[tuple[int, int]] = set()
        for panel in panels:
            place = panel["gridPos"]
            columns = range(place["x"], place["x"] + place["w"])
            cells = {(column, line) for column in columns for line in range(place["y"], place["y"] + place["h"])}
            self.assertLessEqual(place["x"] + place["w"], 24)
            self.assertEqual(cells & taken, set(), panel["title"])
            taken |= cells
            if panel["type"] != "row":
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")

    def test_what_is_shown_is_on_it(self) -> None:
        """Every family but those that are there for the sake of others' habits."""
        shown = {name for target in self.targets() for name in names(target["expr"])}
        kinds = types(self.text)
        spared = {"process_virtual_memory_bytes", "process_max_fds"}
        parts = {"histogram": ("_bucket", "_sum", "_count")}
        missing = {
            name for name, kind in kinds.items() if not any(name + part in shown for part in parts.get(kind, [""]))
        }
        self.assertEqual(missing - spared, set())


class AlertTests(ShownCase):
    def test_every_series_exists(self) -> None:
        """With the labels that the rules and their texts speak of."""
        groups = yaml.safe_load((GRAFANA / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertGreater(len(rules), 5)
        for rule in rules:
            self.check(rule["expr"], rule["annotations"]["summary"])


class TableTests(ShownCase):
    def test_the_table_of_series(self) -> None:
        """`docs/api.md` names every family of ours with its type and its labels, and no others."""
        section = (
            (ROOT / "docs" / "api.md").read_text(encoding="utf-8").partition("## Prometheus")[2].partition("\n## ")[0]
        )
        rows = re.findall(r"^\| `(llamaswap_\w+)` \| (\w+) \| ([^|]*) \|", section, re.MULTILINE)
        told = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
        self.assertEqual(len(told), len(rows))
        shown = {}
        for name, kind in types(self.text).items():
            series = f"{name}_count" if kind == "histogram" else name
            if name.startswith("llamaswap_"):
                shown[name] = (kind, self.labels_of([series]))
        self.assertEqual(told, shown)
