"""What hooks are told, and which of them run."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import MOMENTS, Hook
from llamaswap.hooks.occasions import Occasion, due
from llamaswap.ids import ModelId

A, B = ModelId("a"), ModelId("b")


class TellingTests(SynchronousTestCase):
    """Environment and JSON say the same."""

    def test_variables(self) -> None:
        """Event, model, state and reason."""
        self.assertEqual(
            Occasion("before_load", ModelId("x/y=z"), "load", 0.0).variables,
            (
                "LLAMASWAP_EVENT=before_load",
                "LLAMASWAP_MODEL=x/y=z",
                "LLAMASWAP_STATE=stopped",
                "LLAMASWAP_REASON=load",
            ),
        )

    def test_json(self) -> None:
        """And the time; names may hold anything."""
        told = Occasion("after_unload", ModelId('ü"\n'), "crash", 1_700_000_000.25).json
        self.assertTrue(told.isascii())
        self.assertEqual(
            json.loads(told),
            {
                "event": "after_unload",
                "model": 'ü"\n',
                "state": "stopped",
                "reason": "crash",
                "time": "2023-11-14T22:13:20.250Z",
            },
        )

    def test_moments(self) -> None:
        """A model is ready between load and unload; only a load can be refused."""
        found = {moment: Occasion(moment, A, "", 0.0) for moment in MOMENTS}
        states = [json.loads(occasion.json)["state"] for occasion in found.values()]
        self.assertEqual(states, ["stopped", "ready", "ready", "stopped"])
        self.assertEqual([occasion.can_be_refused for occasion in found.values()], [True, True, False, False])


class DueTests(SynchronousTestCase):
    """Whose turn it is."""

    def test_models(self) -> None:
        """Those for every model and for this one, in the order of the file, whose places are their names."""
        hooks = {
            "before_load": (
                Hook(command="one", models=(A,)),
                Hook(command="two", models=(B,)),
                Hook(command="three", models=()),
                Hook(command="four"),
            ),
            "after_load": (Hook(command="five"),),
        }
        found = [name for name, _ in due(hooks, Occasion("before_load", A, "load", 0.0))]
        self.assertEqual(found, ["hooks.before_load[0] (command one)", "hooks.before_load[3] (command four)"])
        self.assertEqual(list(due(hooks, Occasion("before_unload", A, "ttl", 0.0))), [])

    def test_names_hold_no_secrets(self) -> None:
        """No arguments, and of a URL the host only."""
        hooks = {
            "after_load": (
                Hook(command="'/opt/my tools/say' --token SECRET"),
                Hook(webhook="https://SECRET:SECRET@h.example:8/SECRET?SECRET"),
            )
        }
        names = [name for name, _ in due(hooks, Occasion("after_load", A, "load", 0.0))]
        self.assertEqual(
            names,
            ["hooks.after_load[0] (command /opt/my tools/say)", "hooks.after_load[1] (webhook on h.example:8)"],
        )
        self.assertNotIn("SECRET", repr(Hook(webhook="https://SECRET")))
