"""Logging in and out, as a browser does it."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from llamaswap.config.schema import ApiKey, Quota, RateLimit
from llamaswap.web.auth import Doorman
from llamaswap.web.sessions import IDLE
from llamaswap.web.throttle import FOR_ONE, PER
from tests.support.events import Watcher
from tests.support.web import Client, MemoryExchange, Reply, World, model, settings_of

OURS = {"X-Requested-With": "llama-swap-ui"}
KEYS = (ApiKey(key="secret", name="laptop", scopes=("read",), models=("m*",)), ApiKey(key="other", name="phone"))


class LoginTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of(model("m"), api_keys=KEYS))

    def login(self, body: bytes = b'{"key": "secret"}', headers: dict[str, str] | None = None) -> Reply:
        return self.world.visit("/api/login", headers, method="POST", body=body)

    def cookie(self, reply: Reply) -> dict[str, str]:
        return {"Cookie": reply.headers["set-cookie"].partition(";")[0]}

    def session(self, headers: dict[str, str]) -> Any:
        return json.loads(self.world.visit("/api/session", headers).body)

    def test_json(self) -> None:
        """A good key begins a session, which lets its browser in with the key's rights."""
        reply = self.login()
        self.assertEqual(reply.status, 200)
        told = {"keyNeeded": True, "loggedIn": True, "name": "laptop", "scopes": ["read"], "models": ["m*"]}
        told |= {"rateLimit": None, "quota": None}
        self.assertEqual(json.loads(reply.body), told)
        self.assertRegex(reply.headers["set-cookie"], "; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict$")
        self.assertEqual(reply.headers["cache-control"], "no-store")
        self.assertEqual(self.session(self.cookie(reply)), told)
        self.assertEqual(self.world.visit("/running", self.cookie(reply)).status, 200)
        self.assertEqual(self.world.visit("/logs", self.cookie(reply)).status, 403)
        self.assertNotIn("secret", str(reply))

    def test_form(self) -> None:
        """A page without scripts is sent on to the UI, if the key is good."""
        reply = self.login(b"key=secret", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual((reply.status, reply.headers["location"]), (303, "/ui/"))
        self.assertEqual(self.session(self.cookie(reply))["name"], "laptop")
        self.assertEqual(self.login(b"key=other", OURS).status, 200)
        proxied = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-Prefix": "/swap"}
        self.assertEqual(self.login(b"key=secret", proxied).headers["location"], "/swap/ui/")

    def test_wrong_keys(self) -> None:
        """Neither a session nor the browser's dialog comes of them."""
        for body in (b'{"key": "secre"}', b'{"key": "Secret"}', b"key=x", b'{"key": "\\ud800"}'):
            reply = self.login(body)
            self.assertEqual(reply.status, 401, body)
            self.assertNotIn("set-cookie", reply.headers)
            self.assertNotIn("www-authenticate", reply.headers)

    def test_bodies(self) -> None:
        """What says no key, or too much, is refused."""
        bodies = [b"", b"{}", b'{"key": 5}', b'{"key": ""}', b"{", b"key=", b"\xff", b"[1]", b"a&" * 99, b"{" * 999]
        for body in bodies:
            self.assertEqual(self.login(body).status, 400, body[:20])
        self.assertEqual(self.login(b'{"key": "' + b"x" * 9000 + b'"}').status, 413)

    def test_throttled(self) -> None:
        """After some failures nobody at that address may try for a while, not even with a good key."""
        for _ in range(FOR_ONE):
            self.assertEqual(self.login(b"key=x").status, 401)
        reply = self.login()
        self.assertEqual((reply.status, reply.reason), (429, "Too Many Requests"))
        self.assertEqual(reply.headers["retry-after"], "60")
        self.assertEqual(json.loads(reply.body)["error"]["code"], "rate_limit_exceeded")
        self.assertEqual(self.world.visit("/running", {"x-api-key": "secret"}).status, 200)
        self.world.clock.advance(PER + 2)
        self.assertEqual(self.login().status, 200)

    def test_one_behind_a_proxy(self) -> None:
        """A proxy on this machine is not taken for everybody behind it; who comes directly cannot say who he is."""
        for peer, others in (("127.0.0.1", 200), ("192.0.2.7", 429)):
            self.world.clock.advance(PER + 2)

            def login(key: str, client: str) -> int:
                visit = Client(self.world.resource, self.world.clock, method="POST", peer=peer)  # noqa: B023
                visit.send("/api/login", {"X-Forwarded-For": client}, f"key={key}".encode())
                return visit.reply.status

            self.assertEqual({login("x", f"{n}, 10.0.0.1") for n in range(FOR_ONE)}, {401})
            self.assertEqual(login("x", "10.0.0.1"), 429)
            self.assertEqual(login("secret", "10.0.0.1, 10.0.0.2"), others if others == 429 else 303)

    def test_good_logins_are_not_throttled(self) -> None:
        """However many there are."""
        self.assertEqual({self.login().status for _ in range(FOR_ONE * 3)}, {200})

    def test_foreign_pages(self) -> None:
        """No page of another host can log a browser in, as whomever it likes, or out."""
        self.assertEqual(self.login(headers={"Origin": "http://evil"}).status, 403)
        cookie = self.cookie(self.login())
        for headers in ({}, {"Origin": "http://evil", **OURS}):
            self.assertEqual(self.world.visit("/api/logout", {**cookie, **headers}, method="POST").status, 403)
        self.assertTrue(self.session(cookie)["loggedIn"])

    def test_logout(self) -> None:
        """The session ends, and the cookie goes."""
        cookie, other = self.cookie(self.login()), self.cookie(self.login(b"key=other"))
        reply = self.world.visit("/api/logout", {**cookie, **OURS}, method="POST")
        self.assertEqual(reply.status, 200)
        self.assertRegex(reply.headers["set-cookie"], r"^llamaswap_session=; Path=/; Max-Age=0; HttpOnly")
        self.assertEqual((self.session(cookie)["loggedIn"], self.session(other)["name"]), (False, "phone"))

    def test_logout_at_any_host(self) -> None:
        """The origin of our own page is the host that was asked, whatever that is called; one of localhost is not."""
        for host in ("localhost:8080", "gpu.lan:8080", "192.168.1.5:8080"):
            cookie = self.cookie(self.login())
            foreign = {"Host": host, "Origin": "http://other", **cookie, **OURS}
            self.assertEqual(self.world.visit("/api/logout", foreign, method="POST").status, 403, host)
            own = {**foreign, "Origin": f"http://{host}"}
            self.assertEqual(self.world.visit("/api/logout", own, method="POST").status, 200, host)
        elsewhere = {"Host": "gpu.lan", "Origin": "http://localhost", **OURS}
        self.assertEqual(self.world.visit("/api/logout", elsewhere, method="POST").status, 403)

    def test_logout_ends_streams(self) -> None:
        """Those that the session let in, of other tabs as well, a turn later; those of others go on."""
        mine, other = self.cookie(self.login(b"key=other")), self.cookie(self.login(b"key=other"))
        streams = [Watcher(self.world, "", **given) for given in (mine, other, {"X-Api-Key": "other"})]
        log = MemoryExchange("GET", "/logs/stream", mine)
        answering = self.world.front.receive(log)
        assert answering is not None
        log.task = Deferred.fromCoroutine(answering)
        self.world.visit("/api/logout", {**mine, **OURS}, method="POST")
        self.world.clock.advance(0)
        self.assertEqual([each.exchange.aborted for each in streams], [True, False, False])
        self.assertTrue(log.aborted)
        self.assertEqual(self.world.logs.combined.followers, 0)
        self.world.visit("/api/logout", {**mine, **OURS}, method="POST")
        for each in streams[1:]:
            each.leave()

    def test_another_login_ends_streams(self) -> None:
        """They had the rights of the session that it takes the place of."""
        old = self.cookie(self.login(b"key=other"))
        stream = Watcher(self.world, "", **old)
        self.login(headers=old)
        self.world.clock.advance(0)
        self.assertTrue(stream.exchange.aborted)

    def test_a_stream_that_has_ended(self) -> None:
        """Nothing is left to be ended."""
        mine = self.cookie(self.login(b"key=other"))
        Watcher(self.world, "", **mine).leave()
        before = self.world.clock.getDelayedCalls()
        self.world.sessions.end([mine["Cookie"].partition("=")[2].encode()])
        self.assertEqual((len(self.world.sessions), self.world.clock.getDelayedCalls()), (0, before))

    def test_fixation(self) -> None:
        """A login never takes a token that the browser brought along, and ends the session it had."""
        planted = {"Cookie": "llamaswap_session=planted"}
        self.assertNotIn("planted", self.login(headers=planted).headers["set-cookie"])
        self.assertFalse(self.session(planted)["loggedIn"])
        old = self.cookie(self.login())
        new = self.cookie(self.login(b"key=other", old))
        self.assertEqual((self.session(old)["loggedIn"], self.session(new)["name"]), (False, "phone"))

    def test_idle(self) -> None:
        """A session that nobody uses ends."""
        cookie = self.cookie(self.login())
        self.world.clock.advance(IDLE + 1)
        self.assertFalse(self.session(cookie)["loggedIn"])

    def test_reload(self) -> None:
        """It goes on while its key is there, with what the key is good for then."""
        cookie, other = self.cookie(self.login()), self.cookie(self.login(b"key=other"))
        keys = [ApiKey(key="secret", name="new", scopes=("admin",))]
        self.world.login.configure(Doorman(keys, self.world.sessions, self.world.clock.seconds))
        self.assertEqual((self.session(cookie)["name"], self.session(cookie)["scopes"]), ("new", ["admin"]))
        self.assertFalse(self.session(other)["loggedIn"])
        self.world.login.configure(None)
        self.assertEqual(len(self.world.sessions), 0)

    def test_session_by_key(self) -> None:
        """The key itself does as well; a wrong one is nobody."""
        self.assertEqual(self.session({"Authorization": "Bearer other"})["name"], "phone")
        nobody: dict[str, object] = {"keyNeeded": True, "loggedIn": False, "name": None, "scopes": [], "models": []}
        nobody |= {"rateLimit": None, "quota": None}
        for headers in ({}, {"Authorization": "Bearer x"}):
            self.assertEqual(self.session(headers), nobody)

    def test_limits(self) -> None:
        """What the key may ask for in its spans, what of it is gone, and when nothing of that counts any more."""
        limits: dict[str, Any] = {"rate_limit": RateLimit(requests=2), "quota": Quota(tokens=9, per=3600.0)}
        self.world = World(settings_of(model("m"), api_keys=(ApiKey(key="k", name="limited", **limits),)))
        self.world.ask("POST", "/v1/messages", {"x-api-key": "k"})
        self.world.allowances.spend("limited", 30, self.world.clock.seconds())
        self.world.clock.advance(15.5)
        told = self.session({"x-api-key": "k"})
        self.assertEqual(told["rateLimit"], {"requests": 2, "per": 60.0, "used": 1, "resets": 45})
        self.assertEqual(told["quota"], {"tokens": 9, "per": 3600.0, "used": 30, "resets": 3585})
        self.assertEqual(json.loads(self.login(b"key=k", OURS).body)["rateLimit"], told["rateLimit"])
        self.world.clock.advance(3600)
        told = self.session({"x-api-key": "k"})
        self.assertEqual(told["quota"], {"tokens": 9, "per": 3600.0, "used": 0, "resets": 0})

    def test_secure(self) -> None:
        """Behind TLS, ours or that of a proxy, the cookie stays there."""
        self.assertTrue(self.login(headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"].endswith("; Secure"))


class OpenTests(SynchronousTestCase):
    """Without keys."""

    def test_nobody_needs_to_log_in(self) -> None:
        """Everybody has all rights; a login is welcome and changes nothing."""
        world = World(settings_of(model("m")))
        told = json.loads(world.visit("/api/session").body)
        self.assertEqual((told["keyNeeded"], told["loggedIn"]), (False, False))
        self.assertEqual(told["scopes"], ["inference", "read", "admin"])
        reply = world.visit("/api/login", method="POST", body=b"key=x")
        self.assertEqual((reply.status, "set-cookie" in reply.headers), (303, False))


class MountTests(SynchronousTestCase):
    """Below another path of somebody's site."""

    def test_path(self) -> None:
        """The cookie is for the place where the server stands, and cannot be made to say more."""
        world = World(settings_of(model("m"), api_keys=("k",)))
        for mount, path in ((b"llm", "/llm"), (b"a;Domain=x", "/a%3BDomain%3Dx")):
            site = Resource()
            site.putChild(mount, world.resource)
            client = Client(site, world.clock, method="POST")
            client.send(b"/%b/api/login" % mount, {}, b"key=k")
            reply = client.reply
            self.assertEqual(reply.headers["location"], f"/{mount.decode()}/ui/")
            self.assertIn(f"; Path={path}; Max-Age", reply.headers["set-cookie"])
