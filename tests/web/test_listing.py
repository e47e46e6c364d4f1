"""The model list and the running list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Capabilities, Profile, Selector, Settings
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.listing import model_list, running_list
from tests.support.probes import configuration_a
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


class ModelListTestCase(SynchronousTestCase):
    def records(
        self, settings: Settings, profile: Profile | None = None, **by_name: State
    ) -> dict[str, dict[str, Any]]:
        resolver = Resolver(settings, RemoteNames(settings.peers))
        listed = model_list(settings, resolver, states(**by_name), 1_700_000_000, profile)
        self.assertEqual(listed["object"], "list")
        return {record["id"]: record for record in listed["data"]}


class ModelListTests(ModelListTestCase):
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


class OtherNamesTests(ModelListTestCase):
    """Selectors, models of peers and pins, in configuration A of http-api section 24."""

    settings = configuration_a()

    def test_probe_15_everything_is_there(self) -> None:
        """In the order of the bytes of the IDs, in one shape."""
        records = self.records(self.settings)
        expected = "bad comfyui_auto dead/gone m1 one org/m2 px/org/pm px/uniq s-pin s-spill s-warm slow"
        self.assertEqual(list(records), expected.split())
        for record in records.values():
            self.assertEqual((record["object"], record["owned_by"]), ("model", "llama-swap"))
            self.assertEqual((record["created"], record["status"]), (1_700_000_000, {"value": "unloaded"}))

    def test_probe_16_record(self) -> None:
        """All that m1 has to say."""
        record = self.records(self.settings)["m1"]
        self.assertEqual((record["name"], record["context_length"], record["meta"]["n_ctx"]), ("One", 32000, 32000))
        self.assertEqual(record["capabilities"], {"vision": True, "function_calling": True})
        self.assertEqual(record["architecture"]["modality"], "text+image->text")
        self.assertEqual(record["meta"]["llamaswap"], {"k": 1, "type": "model", "aliases": ["al1", "think"]})

    def test_probe_17_peers(self) -> None:
        """Under their full names, with no description."""
        record = self.records(self.settings)["px/uniq"]
        self.assertEqual((record["name"], "description" in record), ("px: uniq", False))
        self.assertEqual(record["meta"], {"llamaswap": {"type": "peer", "peerID": "px"}})

    def test_probe_18_selectors(self) -> None:
        """With strategy and targets, which win over metadata; a limit is told where it matters."""
        records = self.records(self.settings)
        told = {"type": "selector", "strategy": "spillover", "targets": ["m1", "hid"], "spillover": 1}
        self.assertEqual(records["s-spill"]["meta"], {"llamaswap": told})
        self.assertEqual((records["s-pin"]["name"], "name" in records["s-spill"]), ("Sel", False))
        self.assertNotIn("spillover", records["s-pin"]["meta"]["llamaswap"])
        mine = Selector(
            id="s", strategy="pin", targets=("m1",), metadata={"a": 1, "type": "x"}, name=" N ", description=" D "
        )
        hidden = Selector(id="h", strategy="pin", targets=("m1",), unlisted=True)
        records = self.records(replace(self.settings, selectors={"s": mine, "h": hidden}))
        meta = {"a": 1, "type": "selector", "strategy": "pin", "targets": ["m1"]}
        self.assertEqual((records["s"]["meta"], "h" in records), ({"llamaswap": meta}, False))
        self.assertEqual((records["s"]["name"], records["s"]["description"]), ("N", "D"))

    def test_probe_21_selectors_that_can_answer_at_once(self) -> None:
        """A target that is ready or starting; of `pin` only the first counts, and it may be an alias."""
        for states, loaded in (
            ({"m1": State.READY}, {"m1", "s-pin", "s-warm", "s-spill"}),
            ({"m1": State.STARTING}, {"m1", "s-pin", "s-warm", "s-spill"}),
            ({"m1": State.STOPPING}, {"m1"}),
            ({"hid": State.READY}, {"s-warm", "s-spill"}),
        ):
            records = self.records(self.settings, None, **states)
            self.assertEqual({id for id, record in records.items() if record["status"]["value"] == "loaded"}, loaded)

    def test_probe_117_pins(self) -> None:
        """Those of the active profile that are no other name and have a target."""
        names = ("m1", "al1", "think", "px/uniq", "uniq", "s-pin", "hid")
        profile = Profile(name="p", pins={"pub": "think", "off": "", **dict.fromkeys(names, "one")})
        records = self.records(self.settings, profile)
        self.assertEqual(set(records) - set(self.records(self.settings)), {"pub"})
        self.assertEqual(records["pub"]["meta"], {"llamaswap": {"type": "profile"}})
        self.assertEqual(records["pub"]["status"], {"value": "unloaded"})
        self.assertEqual(records["m1"]["meta"]["llamaswap"]["type"], "model")


class RunningListTests(SynchronousTestCase):
    def test_probe_20_nothing_runs(self) -> None:
        """An empty list, not null."""
        self.assertEqual(
            running_list(Settings(), [(MODELS[0], State.SHUTDOWN), (MODELS[1], State.STOPPED)]), {"running": []}
        )

    def test_probe_22_records(self) -> None:
        """Sorted by model, texts as they are in the configuration."""
        m1, _, hidden, z, _ = MODELS
        running = running_list(Settings(), [(m1, State.READY), (z, State.STOPPING), (hidden, State.STARTING)])
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
