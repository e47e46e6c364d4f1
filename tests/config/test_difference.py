"""What another configuration means for models that run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import difference
from llamaswap.config.schema import Model, Settings
from llamaswap.ids import ModelId


def settings(*models: Model) -> Settings:
    return Settings(models={model.id: model for model in models})


def model(id: str, **entry: Any) -> Model:
    return Model(id=ModelId(id), **entry)


class DifferenceTests(SynchronousTestCase):
    def test_kinds(self) -> None:
        """Each model is named once, in order, with what happens to it; those to which nothing happens are not."""
        old = settings(model("d"), model("b"), model("c", cmd="x"), model("a"))
        found = difference(old, settings(model("z"), model("c", cmd="y"), model("b"), model("e")))
        self.assertEqual((found.added, found.removed, found.changed), (("e", "z"), ("a", "d"), ("c",)))
        self.assertFalse(found.empty)
        self.assertTrue(difference(old, old).empty)

    def test_what_a_process_is_started_with(self) -> None:
        """Command, address, check, environment and port: a process that was started with others does not do."""
        old = model("a")
        for change in ({"cmd": "x"}, {"proxy": "x"}, {"check_endpoint": "/x"}, {"env": ("X=1",)}, {"port": 1}):
            self.assertEqual(difference(settings(old), settings(model("a", **change))).changed, ("a",), change)

    def test_what_takes_no_restart(self) -> None:
        """All else does for the process that runs."""
        old = settings(model("a"))
        new = model("a", cmd_stop="x", ttl=1, unload_timeout=1, concurrency_limit=1, aliases=("b",), name="A")
        found = difference(old, replace(settings(new), max_wait=1.0, api_keys=("k",)))
        self.assertEqual((found.added, found.removed, found.changed), ((), (), ()))
