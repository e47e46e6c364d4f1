"""Which requests a page of somebody else may have made a browser send."""

from __future__ import annotations

from base64 import b64encode

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import Forbidden
from llamaswap.proxy.headers import SESSION_COOKIE
from llamaswap.web.browsers import adds_by_itself, require_own_page
from tests.support.web import World, model, settings_of

HOST = {"Host": "box:8080"}
OURS = {"X-Requested-With": "llama-swap-ui"}
BASIC = {"Authorization": "Basic " + b64encode(b"u:k").decode()}


class OwnPageTests(SynchronousTestCase):
    def allowed(self, *, foreign_pages: bool, **headers: str) -> bool:
        values = {b"host": b"box:8080"} | {
            name.replace("_", "-").encode(): value.encode() for name, value in headers.items()
        }
        try:
            require_own_page(values.get, foreign_pages=foreign_pages)
        except Forbidden as error:
            self.assertIn("X-Requested-With: llama-swap-ui", str(error))
            return False
        return True

    def test_our_pages(self) -> None:
        """They say so; an `Origin`, where there is one, is this host."""
        ours = "llama-swap-ui"
        for foreign_pages in (False, True):
            self.assertTrue(self.allowed(foreign_pages=foreign_pages, x_requested_with=ours))
            self.assertTrue(self.allowed(foreign_pages=foreign_pages, x_requested_with=ours, origin="http://box:8080"))
            for origin in ("http://evil", "null", "http://box.evil:8080", ""):
                self.assertFalse(self.allowed(foreign_pages=foreign_pages, x_requested_with=ours, origin=origin))
        self.assertFalse(self.allowed(foreign_pages=False, x_requested_with="XMLHttpRequest"))
        self.assertFalse(self.allowed(foreign_pages=False, origin="http://box:8080", sec_fetch_site="same-origin"))

    def test_pages_of_models(self) -> None:
        """It is enough that the browser vouches for their origin, port and all."""
        for headers, good in (
            ({"origin": "http://box:8080"}, True),
            ({"origin": "https://BOX:8080"}, True),
            ({"origin": "http://box:3000"}, False),
            ({"origin": "http://box"}, False),
            ({"sec_fetch_site": "same-origin"}, True),
            ({"sec_fetch_site": "same-site", "origin": "http://box:8080"}, False),
            ({"sec_fetch_site": "none"}, False),
            ({"origin": "null", "sec_fetch_site": "same-origin"}, False),
            ({}, False),
        ):
            self.assertEqual(self.allowed(foreign_pages=True, **headers), good, headers)

    def test_what_shows_a_browser(self) -> None:
        """With Basic, which browsers add by themselves; programs show nothing of the kind."""
        basic = b"bAsIc x"
        nothing: dict[bytes, bytes] = {}
        self.assertFalse(adds_by_itself(basic, nothing.get))
        self.assertFalse(adds_by_itself(basic, {b"user-agent": b"curl/8.5"}.get))
        for name, value in (
            (b"origin", b"http://x"),
            (b"sec-fetch-site", b"none"),
            (b"sec-fetch-mode", b"cors"),
            (b"cookie", b"a=b"),
            (b"user-agent", b"Mozilla/5.0 (X11)"),
        ):
            self.assertTrue(adds_by_itself(basic, {name: value}.get), name)
            self.assertFalse(adds_by_itself(b"Bearer x", {name: value}.get))
            self.assertFalse(adds_by_itself(None, {name: value}.get))


class GateTests(SynchronousTestCase):
    """The same at the gate, by cookie and by Basic of a browser."""

    def setUp(self) -> None:
        self.world = World(settings_of(model("m"), api_keys=("k",)))
        reply = self.world.visit("/api/login", method="POST", body=b'{"key": "k"}')
        self.cookie = {"Cookie": reply.headers["set-cookie"].partition(";")[0]}

    def status(self, method: str, path: str, *headers: dict[str, str]) -> int:
        merged = dict(HOST)
        for each in headers:
            merged |= each
        return self.world.ask(method, path, merged).status

    def test_a_look_needs_nothing_more(self) -> None:
        """GET and HEAD with the cookie, and with Basic."""
        for who in (self.cookie, {**BASIC, "User-Agent": "Mozilla/5.0"}):
            for method in ("GET", "HEAD"):
                self.assertEqual(self.status(method, "/running", who), 0)
                self.assertEqual(self.status(method, "/upstream/m/page", who), 200)

    def test_what_pages_of_other_sites_show(self) -> None:
        """It would load a model, and others would have to go for it. A link may be followed."""
        foreign, link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Mode": "navigate"}
        for path in ("/upstream/m/", "/comfyui/", "/props?model=m"):
            for who in (self.cookie, BASIC):
                for method in ("GET", "HEAD"):
                    self.assertEqual(self.status(method, path, who, foreign), 403, path)
                    self.assertEqual(self.status(method, path, who, foreign, link), 200, path)
                    for site in ("same-origin", "same-site", "none"):
                        self.assertEqual(self.status(method, path, who, foreign, {"Sec-Fetch-Site": site}), 200, path)
            self.assertEqual(self.status("GET", path, {"x-api-key": "k"}, foreign), 200)

    def test_what_a_page_in_a_sandbox_shows(self) -> None:
        """As a peer's is: to the browser its parts are another site's, but asked for from here."""
        for referer, status in (
            ("http://box:8080/", 200),
            ("https://BOX:8080/upstream/x/", 200),
            ("http://box:3000/", 403),
            ("http://evil/http://box:8080/", 403),
            ("http://box:8080@evil/", 403),
            ("", 403),
        ):
            foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Referer": referer}
            self.assertEqual(self.status("GET", "/upstream/m/a.css", BASIC, foreign), status, referer)

    def test_changes(self) -> None:
        """Whatever changes something needs the header and no foreign origin."""
        unload = [("POST", "/api/models/unload"), ("GET", "/unload"), ("HEAD", "/unload")]
        calls = [*unload, ("PUT", "/api/profiles/active")]
        for who in (self.cookie, {**BASIC, "User-Agent": "Mozilla/5.0"}, {**BASIC, "Sec-Fetch-Site": "cross-site"}):
            for method, path in calls:
                self.assertEqual(self.status(method, path, who), 403, (path, who))
                self.assertEqual(self.status(method, path, who, OURS), 0, (path, who))
                self.assertEqual(self.status(method, path, who, OURS, {"Origin": "http://evil"}), 403)
                self.assertEqual(self.status(method, path, who, OURS, {"Origin": "http://box:8080"}), 0)
            self.assertEqual(self.status("POST", "/v1/chat/completions", who), 403)
            self.assertEqual(self.status("POST", "/v1/chat/completions", who, OURS), 200)

    def test_programs(self) -> None:
        """Who shows a key itself, or uses Basic without a browser, needs nothing more."""
        for who in (BASIC, {"Authorization": "Bearer k", "Origin": "http://evil"}, {"x-api-key": "k"}):
            self.assertEqual(self.status("POST", "/v1/chat/completions", who), 200)
        self.assertEqual(self.status("POST", "/api/models/unload", BASIC), 0)

    def test_pages_of_models(self) -> None:
        """They send what they like, if they were loaded from here; a WebSocket is no mere look."""
        same, foreign = {"Origin": "http://box:8080"}, {"Origin": "http://box:3000"}
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
        for path in ("/upstream/m/completion", "/comfyui/prompt"):
            self.assertEqual(self.status("POST", path, self.cookie, same), 200)
            self.assertEqual(self.status("POST", path, self.cookie, foreign), 403)
            self.assertEqual(self.status("POST", path, self.cookie), 403)
            self.assertEqual(self.status("GET", path, self.cookie, upgrade, same), 200)
            self.assertEqual(self.status("GET", path, self.cookie, upgrade, foreign), 403)
        self.assertEqual(self.status("POST", "/v1/chat/completions", self.cookie, same), 403)

    def test_the_session_is_really_used(self) -> None:
        """A cookie of our name that is no session is nobody's."""
        self.assertEqual(self.status("GET", "/running", {"Cookie": f"{SESSION_COOKIE.decode()}=x"}), 401)
