"""Probes 15 to 23: what is listed."""

from __future__ import annotations

from typing import Any

from tests.conformance.world import ConfigurationA, ConfigurationB, Reply

EVERY = ["bad", "comfyui_auto", "dead/gone", "m1", "one", "org/m2", "px/org/pm", "px/uniq"]
EVERY += ["s-pin", "s-spill", "s-warm", "slow"]


def _records(reply: Reply) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in reply.json()["data"]}


class ListingProbes(ConfigurationA):
    def setUp(self) -> None:
        self.unload()

    def test_probe_15_and_19(self) -> None:
        reply = self.client.get("/v1/models", Origin="http://o.example")
        self.assertEqual(reply.header("Access-Control-Allow-Origin"), "http://o.example")
        self.assertEqual((reply.status, reply.json()["object"]), (200, "list"))
        self.assertEqual([record["id"] for record in reply.json()["data"]], EVERY)
        self.assertEqual(list(_records(self.client.get("/models"))), EVERY)

    def test_probe_16(self) -> None:
        record = _records(self.client.get("/v1/models"))["m1"]
        self.assertEqual((record["name"], record["context_length"]), ("One", 32000))
        self.assertEqual(record["capabilities"], {"vision": True, "function_calling": True})
        self.assertEqual(record["supported_parameters"], ["tools", "tool_choice"])
        self.assertEqual(record["architecture"]["modality"], "text+image->text")
        self.assertEqual(record["meta"]["n_ctx"], 32000)
        self.assertEqual(record["meta"]["llamaswap"], {"k": 1, "type": "model", "aliases": ["al1", "think"]})
        self.assertEqual(record["status"], {"value": "unloaded"})

    def test_probe_17(self) -> None:
        record = _records(self.client.get("/v1/models"))["px/uniq"]
        self.assertEqual(record["name"], "px: uniq")
        self.assertNotIn("description", record)
        self.assertEqual(record["meta"]["llamaswap"], {"type": "peer", "peerID": "px"})

    def test_probe_18(self) -> None:
        records = _records(self.client.get("/v1/models"))
        spill = records["s-spill"]["meta"]["llamaswap"]
        self.assertEqual((spill["strategy"], spill["targets"], spill["spillover"]), ("spillover", ["m1", "hid"], 1))
        self.assertEqual(records["s-pin"]["name"], "Sel")
        self.assertNotIn("spillover", records["s-pin"]["meta"]["llamaswap"])

    def test_probe_20(self) -> None:
        self.assertEqual(self.client.get("/running").json(), {"running": []})

    def test_probe_21_and_22(self) -> None:
        self.assertEqual(self.client.chat("m1").status, 200)
        records = _records(self.client.get("/v1/models"))
        loaded = {name for name, record in records.items() if record["status"]["value"] == "loaded"}
        self.assertEqual(loaded, {"m1", "s-pin", "s-warm", "s-spill"})
        self.assertEqual(self.client.chat("hid").status, 200)
        running = self.client.get("/running").json()["running"]
        self.assertEqual([each["model"] for each in running], ["hid", "m1"])
        one = running[1]
        self.assertEqual((one["state"], one["ttl"], one["name"]), ("ready", 300, " One "))
        self.assertRegex(one["cmd"], r"fake\.py \d+ m1$")


class AliasListingProbe(ConfigurationB):
    def test_probe_23(self) -> None:
        records = _records(self.client.get("/v1/models"))
        self.assertEqual(records["al"]["meta"]["llamaswap"]["type"], "alias")
        self.assertEqual(records["al"]["meta"]["llamaswap"]["modelID"], "m1")
        self.assertEqual(records["m1"]["meta"]["llamaswap"]["aliases"], ["al"])
