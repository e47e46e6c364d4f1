"""The resource tree, asked without the gate and with requests that confuse routers."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.web.root import ResourceTree
from tests.support.web import Client, World, model, settings_of


class ResourceTreeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of(model("m")))

    def status(self, target: str | bytes, method: str = "GET", **headers: str) -> int:
        client = Client(self.world.tree, self.world.clock, method=method)
        client.send(target, headers)
        return client.reply.status

    def test_only_the_resource_lane(self) -> None:
        """What the table leaves to another lane, or does not know, is a 404 here, whatever Klein would make of it."""
        for method, target in (
            ("POST", "/v1/chat/completions"),
            ("GET", "/upstream/m/x"),
            ("GET", "/logs/stream/m"),
            ("GET", "/api/events"),
            ("GET", "/nope"),
            ("POST", "/running"),
            ("OPTIONS", "/running"),
            ("GET", "//running"),
            ("GET", "/%2Frunning"),
            ("GET", "/running/"),
            ("GET", "/./running"),
        ):
            self.assertEqual(self.status(target, method), 404, target)

    def test_spelling(self) -> None:
        """What the table finds is answered, however it is encoded."""
        for target in ("/running", "/%72unning", "/running?x=%ff"):
            self.assertEqual(self.status(target), 200, target)

    def test_paths_and_hosts_that_klein_stumbles_over(self) -> None:
        """Names that are no UTF-8, hold line ends or doubled slashes, and odd hosts, are answered properly."""
        for name in ("%ff", "%0A", "%2F%2Fx%2F%2Fm%0A", "%2F%2Fm%2F%2Fx%0A"):
            self.assertEqual(self.status(f"/api/models/unload/{name}", "POST"), 404, name)
        self.assertEqual(self.status("/api/models/unload/m", "POST"), 200)
        for host in ("a..b", "x" * 300, "\xff"):
            self.assertEqual(self.status("/v1/models", Host=host), 200)

    def test_every_endpoint_must_be_there(self) -> None:
        """A row of the table that nothing answers is found out when the tree is built."""
        error = self.assertRaises(KeyError, ResourceTree, self.world.table, {})
        self.assertEqual(error.args, ("upstream_index",))
