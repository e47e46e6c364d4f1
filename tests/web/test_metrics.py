"""`GET /metrics`: when there is an answer, and how it looks. What it says is tested in `metrics/`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Performance, Prometheus
from tests.support.web import Reply, World, settings_of

TYPE = "text/plain; version=0.0.4; charset=utf-8"
OFF = Performance(disabled=True)


class MetricsPageTests(SynchronousTestCase):
    def world(self, **settings: Any) -> World:
        return World(settings_of(**settings))

    def test_probe_136_content_type(self) -> None:
        """Exactly this one, and the figures; those of the engines are not asked for."""
        world = self.world()
        self.assertEqual(world.visit("/metrics"), Reply(200, {**self.headers(10)}, b"# figures\n"))
        self.assertEqual(world.asked_for_metrics, [False])

    def headers(self, length: int) -> dict[str, str]:
        reply = self.world().visit("/health")
        same = {name: text for name, text in reply.headers.items() if name not in ("content-type", "content-length")}
        return {**same, "content-type": TYPE, "content-length": str(length)}

    def test_head(self) -> None:
        """The head that GET would have."""
        reply = self.world().visit("/metrics", method="HEAD")
        self.assertEqual((reply.status, reply.body), (200, b""))
        self.assertEqual((reply.headers["content-type"], reply.headers["content-length"]), (TYPE, "10"))

    def test_probe_82_monitoring_is_disabled(self) -> None:
        """503 and one line, which begins with `#`."""
        world = self.world(performance=OFF)
        reply = world.visit("/metrics")
        self.assertEqual((reply.status, reply.headers["content-type"]), (503, TYPE))
        self.assertTrue(reply.body.startswith(b"# ") and reply.body.count(b"\n") == 1 and reply.body.endswith(b"\n"))
        self.assertEqual(world.asked_for_metrics, [])

    def test_always(self) -> None:
        """The other figures can be had all the same, if somebody says so; a reload is enough."""
        world = self.world(performance=OFF)
        world.metrics.configure(settings_of(performance=OFF, prometheus=Prometheus(always=True)))
        self.assertEqual(world.visit("/metrics").status, 200)

    def test_disabled_by_a_reload(self) -> None:
        """The endpoint still answers (http-api section 18.1)."""
        world = self.world()
        world.metrics.configure(settings_of(performance=OFF))
        self.assertEqual(world.visit("/metrics").status, 200)

    def test_engines(self) -> None:
        """Are asked if the configuration says so."""
        world = self.world(prometheus=Prometheus(engines=True))
        world.visit("/metrics")
        world.metrics.configure(settings_of())
        world.visit("/metrics")
        self.assertEqual(world.asked_for_metrics, [True, False])

    def test_the_key(self) -> None:
        """Is needed where there are any; whatever name the server is asked by."""
        world = self.world(api_keys=("k",))
        self.assertEqual(world.visit("/metrics").status, 401)
        self.assertEqual(world.visit("/metrics", {"Authorization": "Bearer k"}).status, 200)
        self.assertEqual(self.world().visit("/metrics", {"Host": "llamaswap.monitoring.svc"}).status, 200)
