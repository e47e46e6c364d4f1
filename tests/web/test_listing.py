"""The model list and the running list."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Capabilities, Profile, Settings
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.listing import model_list, running_list
from tests.support.web import model, settings_of

MODELS = (
    model(
        "m1", name=" One ", description=" First. ", aliases=("al1", " "), ttl=300, cmd="srv 5800", proxy="http://h:1"
    ),
    model("org/m2"),
    model("hid", unlisted=True),
    model("Z"),
    model("é"),
)


def states(**by_name: State) -> Any:
    return lambda name: by_name.get(name, State.STOPPED)


class ModelListTests(SynchronousTestCase):
    def records(
        self, settings: Settings, profile: Profile | None = None, **by_name: State
    ) -> dict[str, dict[str, Any]]:
        resolver = Resolver(settings, RemoteNames(settings.peers))
        listed = model_list(settings, resolver, states(**by_name), 1_700_000_000, profile)
        self.assertEqual(listed["object"], "list")
        return {record["id"]: record for record in listed["data"]}

    def test_probe_15_sorted_without_the_unlisted(self) -> None:
        """IDs in byte order; an unlisted model is not there."""
        self.assertEqual(list(self.records(settings_of(*MODELS))), ["Z", "m1", "org/m2", "é"])

    def test_probe_16_record(self) -> None:
        """Name and description trimmed, aliases and type in the meta object."""
        expected = {
            "id": "m1",
            "object": "model",
            "created": 1_700_000_000,
            "owned_by": "llama-swap",
            "name": "One",
            "description": "First.",
            "meta": {"llamaswap": {"type": "model", "aliases": ["al1", " "]}},
            "status": {"value": "unloaded"},
        }
        self.assertEqual(self.records(settings_of(*MODELS))["m1"], expected)

    def test_blank_fields_are_absent(self) -> None:
        """A model without name, description and aliases has no such fields."""
        record = self.records(settings_of(model("m", name=" ")))["m"]
        self.assertEqual(set(record), {"id", "object", "created", "owned_by", "meta", "status"})
        self.assertEqual(record["meta"], {"llamaswap": {"type": "model"}})

    def test_probe_21_status(self) -> None:
        """Starting, ready and stopping models count as loaded."""
        found = {}
        for state in State:
            found[state] = self.records(settings_of(model("m")), m=state)["m"]["status"]["value"]
        loaded = {state for state, value in found.items() if value == "loaded"}
        self.assertEqual(loaded, {State.STARTING, State.READY, State.STOPPING})

    def test_probe_23_alias_records(self) -> None:
        """Asked for, each alias that is not blank is a record of its own, with its model's name and status."""
        records = self.records(settings_of(*MODELS, include_aliases_in_list=True), m1=State.READY)
        self.assertEqual(list(records), ["Z", "al1", "m1", "org/m2", "é"])
        self.assertEqual(records["al1"]["meta"], {"llamaswap": {"type": "alias", "modelID": "m1"}})
        self.assertEqual((records["al1"]["name"], records["al1"]["status"]), ("One", {"value": "loaded"}))

    def test_metadata(self) -> None:
        """What the file says freely stands beside our own fields, which win; alias records have it too."""
        told = {"a": [1, {"b": None}], "type": "x", "modelID": "x", "context_length": 5}
        records = self.records(settings_of(model("m", aliases=("al",), metadata=told), include_aliases_in_list=True))
        self.assertEqual(records["m"]["meta"], {"llamaswap": {**told, "type": "model", "aliases": ["al"]}})
        self.assertEqual(records["al"]["meta"], {"llamaswap": {**told, "type": "alias", "modelID": "m"}})

    def test_capabilities(self) -> None:
        """They are told in the words of several clients, and metadata does not contradict them."""
        able = Capabilities(inputs=("text", "image"), outputs=("text",), tools=True, context=4096)
        told = dict.fromkeys(("architecture", "capabilities", "supported_parameters", "context_length", "other"), 1)
        record = self.records(settings_of(model("m", capabilities=able, metadata=told)))["m"]
        self.assertEqual(
            record["architecture"],
            {"input_modalities": ["text", "image"], "output_modalities": ["text"], "modality": "text+image->text"},
        )
        self.assertEqual(record["capabilities"], {"vision": True, "function_calling": True})
        self.assertEqual(record["supported_parameters"], ["tools", "tool_choice"])
        self.assertEqual((record["context_length"], record["meta"]["n_ctx"]), (4096, 4096))
        self.assertEqual(record["meta"]["llamaswap"], {"other": 1, "type": "model"})

    def test_each_capability(self) -> None:
        """Which modalities make which ability, and that nothing is said of what is not there."""
        for able, names in (
            (Capabilities(inputs=("audio",), outputs=("text",)), {"audio_transcriptions"}),
            (Capabilities(inputs=("text",), outputs=("audio",)), {"audio_speech"}),
            (Capabilities(inputs=("text",), outputs=("image",)), {"image_generation"}),
            (Capabilities(inputs=("image",), outputs=("image",)), {"vision", "image_to_image"}),
            (Capabilities(reranker=True), {"reranker"}),
        ):
            record = self.records(settings_of(model("m", capabilities=able)))["m"]
            self.assertEqual(record["capabilities"], dict.fromkeys(names, True))
        record = self.records(settings_of(model("m", capabilities=Capabilities(inputs=("text",)))))["m"]
        self.assertEqual(record["architecture"], {"input_modalities": ["text"]})
        self.assertNotIn("capabilities", record)
        self.assertNotIn("supported_parameters", record)


class RunningListTests(SynchronousTestCase):
    def test_probe_20_nothing_runs(self) -> None:
        """An empty list, not null."""
        self.assertEqual(running_list([(MODELS[0], State.SHUTDOWN), (MODELS[1], State.STOPPED)]), {"running": []})

    def test_probe_22_records(self) -> None:
        """Sorted by model, texts as they are in the configuration."""
        m1, _, hidden, z, _ = MODELS
        running = running_list([(m1, State.READY), (z, State.STOPPING), (hidden, State.STARTING)])
        self.assertEqual([record["model"] for record in running["running"]], ["Z", "hid", "m1"])
        expected = {
            "model": ModelId("m1"),
            "state": "ready",
            "cmd": "srv 5800",
            "proxy": "http://h:1",
            "ttl": 300,
            "name": " One ",
            "description": " First. ",
        }
        self.assertEqual(running["running"][2], expected)
