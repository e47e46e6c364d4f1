"""The route table itself."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.web.routes import ROUTES, Access, Lane, Route, RouteTable

OPEN = {b"/", b"/ui", b"/ui/", b"/favicon.ico", b"/health", b"/wol-health", b"/upstream"}
LOGIN = {b"/api/login", b"/api/logout", b"/api/session"}


class TableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.table = RouteTable(ROUTES)

    def find(self, method: str, path: str) -> Route | None:
        methods = self.table.find(path.encode())
        return methods.get(method.encode()) if methods else None

    def test_only_these_are_open(self) -> None:
        """Everything else needs a key: nothing is open by oversight."""
        self.assertEqual({route.path for route in ROUTES if route.access is Access.OPEN}, OPEN | LOGIN)

    def test_operators_routes_are_guarded(self) -> None:
        """Exactly `/api/*`, `/unload` and `/logs*` are kept from pages of other hosts."""
        guarded = {route.path for route in ROUTES if route.guarded}
        expected = {route.path for route in ROUTES if route.path.startswith((b"/api/", b"/unload", b"/logs"))}
        self.assertEqual(guarded, expected)

    def test_scopes(self) -> None:
        """Who may do what: models for inference, a look for readers, and all that changes or tells more for admins."""
        telling = (b"/logs", b"/api/captures", b"/api/config")
        for route in ROUTES:
            if route.access is Access.OPEN:
                continue
            scopes = {b"/v1/models": {"inference", "read"}, b"/models": {"inference", "read"}}.get(route.path)
            if route.lane in (Lane.MODEL, Lane.PASSTHROUGH) or route.endpoint == "load_test":
                scopes = {"inference"}
            elif route.methods != {b"GET"} or route.acts or route.path.startswith(telling):
                scopes = {"admin"}
            self.assertEqual(route.scopes, scopes or {"read"}, route.path)

    def test_a_get_that_acts(self) -> None:
        """There is one."""
        self.assertEqual({route.path for route in ROUTES if route.acts}, {b"/unload"})

    def test_one_row_for_a_method_of_a_path(self) -> None:
        """No row hides another."""
        seen = [(route.path, route.prefix, method) for route in ROUTES for method in route.methods or (b"*",)]
        self.assertEqual(len(seen), len(set(seen)))

    def test_prefixes_end_in_a_slash(self) -> None:
        """A prefix never matches half a segment, and no row needs decoding."""
        for route in ROUTES:
            self.assertEqual(route.prefix and not route.path.endswith(b"/"), False, route.path)
            self.assertNotIn(b"%", route.path)

    def test_encoded_spelling(self) -> None:
        """An exact path is found however it is encoded; a prefix only as it is spelled, since its rest stays raw."""
        self.assertEqual(self.find("GET", "/%72unning"), self.find("GET", "/running"))
        self.assertEqual(self.find("GET", "/logs%2Fstream"), self.find("GET", "/logs/stream"))
        self.assertIsNone(self.find("GET", "/%2572unning"))
        self.assertIsNone(self.find("GET", "/%75pstream/m/x"))
        self.assertIsNone(self.find("GET", "/upstream%2Fm/x"))

    def test_longest_prefix_wins(self) -> None:
        """What lies below a row belongs to it; the row itself has its own."""
        for path, endpoint in {
            "/api/models/unload/org/m": "unload_one",
            "/api/models/unload": "unload_all",
            "/logs/stream/m": "log_stream",
            "/logs/stream/": "log_stream",
            "/ui/a/b": "ui",
            "/ui": "ui_index",
        }.items():
            found = self.find("POST", path) or self.find("GET", path)
            self.assertEqual(found and found.endpoint, endpoint)

    def test_any_method_of_upstream(self) -> None:
        """Whatever the method, a request below `/upstream/` is passed through."""
        for method in ("GET", "HEAD", "POST", "PROPFIND"):
            found = self.find(method, "/upstream/m/x")
            self.assertEqual(found and found.lane, Lane.PASSTHROUGH)

    def test_comfyui(self) -> None:
        """Below it and at it, whatever the method; nothing that only begins like it."""
        for path in ("/comfyui", "/comfyui/", "/comfyui/a%2Fb"):
            found = self.find("PUT", path)
            self.assertEqual((found and found.endpoint, found and found.lane), ("comfyui", Lane.PASSTHROUGH))
        self.assertIsNone(self.find("GET", "/comfyui2"))

    def test_prefixes_taken_off(self) -> None:
        """`/v/…` and `/audioapi/…` lose their first segment on the way to the model."""
        stripped = {route.path[len(route.strip) :] for route in ROUTES if route.strip}
        self.assertIn(b"/chat/completions", stripped)
        self.assertIn(b"/v1/tasks/run", stripped)
        self.assertTrue(all(path.startswith(b"/") for path in stripped))
