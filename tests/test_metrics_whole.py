"""`/metrics` of a real server whose models are real processes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.figures import samples, value
from tests.support.folders import folder_for
from tests.support.live import LiveServer, eventually
from tests.test_whole import CHAT, command, configuration


class MetricsTests(SynchronousTestCase):
    def test_a_swap_and_two_requests(self) -> None:
        """Are there at the next scrape, with the figures of the process; engines are asked and need not have any."""
        more = "prometheus: {engines: true}\napiKeys: [secret]\n"
        text = configuration(a=command("a"), b=command("b")) + more
        with LiveServer.of(text, folder_for(self)) as server:
            for name in ("a", "b"):
                headers = {"x-api-key": "secret"}
                with server.asking("POST", CHAT, {"model": name}, headers) as answer:
                    self.assertEqual(answer.status, 200)
                    answer.read()
            for _ in eventually():
                with server.asking("GET", "/metrics", headers=headers) as answer:
                    found = samples(answer.read())
                if len(found.get("llamaswap_requests_total", ())) == 2:
                    break
        self.assertEqual(value(found, "llamaswap_model_state", model="b", state="ready"), 1)
        self.assertEqual(value(found, "llamaswap_model_unloads_total", model="a", reason="evict"), 1)
        self.assertEqual(value(found, "llamaswap_swaps_total", model="b", outcome="loaded"), 1)
        stages = {dict(labels)["stage"] for labels in found["llamaswap_swap_stage_duration_seconds_count"]}
        self.assertLessEqual({"stop", "settle", "start", "ready"}, stages)
        self.assertGreater(value(found, "llamaswap_swap_duration_seconds_sum", model="b"), 0)
        self.assertGreaterEqual(value(found, "llamaswap_client_connections"), 1)
        self.assertIn(frozenset({("model", "b")}), found["llamaswap_engine_up"])

    def test_probe_82_until_the_machine_is_watched(self) -> None:
        """A reload that has it watched is enough; one that ends that leaves the answer."""
        text, folder = configuration(a=command("a")), folder_for(self)
        off = text + "performance: {disabled: true}\n"
        with LiveServer.of(off, folder) as server:
            reply = server.ask("GET", "/metrics")
            self.assertEqual((reply.status, reply.body[:2]), (503, b"# "))
            for now in (text, off):
                (folder / "config.yaml").write_text(now)
                self.assertEqual(server.ask("POST", "/api/config/reload").status, 200)
                self.assertEqual(server.ask("GET", "/metrics").status, 200)
