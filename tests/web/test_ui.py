"""The files of the UI: http-api section 20 and its probes 8 to 12."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from llamaswap.web import ui
from llamaswap.web.answers import Answer
from llamaswap.web.call import Call, Respond
from llamaswap.web.resource import LlamaSwapResource
from llamaswap.web.root import ResourceTree
from llamaswap.web.shelf import INDEX, cache_rule, find, kind_of, named
from llamaswap.web.ui import Ui, chosen
from tests.support.folders import folder_for
from tests.support.web import Client, Reply, World, model, settings_of

PAGE = b'<!DOCTYPE html><base href="./"><title>built</title>'
SCRIPT = b"let x = 1;\n" * 100
FILES = {
    INDEX: PAGE,
    "favicon.ico": b"icon",
    "index.html.gz": gzip.compress(PAGE),
    "plain.txt": b"0123456789",
    "assets/app.Bd8fK2qZ.js": SCRIPT,
    "assets/app.Bd8fK2qZ.js.br": b"brotli",
    "assets/app.Bd8fK2qZ.js.gz": gzip.compress(SCRIPT),
}


def page(base: str) -> bytes:
    """The page with another base."""
    return PAGE.replace(b"./", base.encode())


def build(above: Path) -> Path:
    """A directory in `above` with these files, and with what must not be shown beside and in it."""
    root = above / "dist"
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (above / "secret.txt").write_text("secret")
    (root / ".built").write_text("secret")
    os.symlink(above / "secret.txt", root / "link.txt")
    os.symlink(above, root / "up")
    return root


class UiWorld(World):
    """A world whose UI is that of `build`; remembers what was done in threads."""

    def __init__(self, root: Path) -> None:
        super().__init__(settings_of(model("m"), api_keys=("k",)))
        self.reads: list[str] = []
        endpoints: dict[str, Respond] = {route.endpoint: nothing for route in self.table.routes}
        self.tree = ResourceTree(self.table, {**endpoints, **Ui(self.in_thread, root).endpoints()})
        self.resource = LlamaSwapResource(self.front, self.tree)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        assert isinstance(work, partial)
        self.reads.append(work.func.__name__)
        return succeed(work())


async def nothing(call: Call) -> Answer | None:
    raise AssertionError("not asked for")


class FileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = UiWorld(build(folder_for(self)))

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        return self.world.visit(path, {name.replace("_", "-"): value for name, value in headers.items()}, method=method)

    def test_probe_10_one_page_for_every_route(self) -> None:
        """The page, open, also below it and for its directories."""
        for path, base in (
            ("/ui/", "./"),
            ("/ui/index.html", "./"),
            ("/ui/assets", "./"),
            ("/ui/org%2Fmodel", "./"),
            ("/ui/assets/", "../"),
            ("/ui/some/route", "../"),
            ("/ui/models/org/llama-3.1/", "../../../"),
        ):
            reply = self.get(path)
            self.assertEqual((reply.status, reply.body), (200, page(base)), path)
            self.assertEqual(reply.headers["content-type"], "text/html; charset=utf-8")

    def test_compressed_page(self) -> None:
        """Where everybody comes in; a deeper page is another content with another tag."""
        for path, coding in (("/ui/", "gzip"), ("/ui/some/route", None)):
            reply = self.get(path, Accept_Encoding="gzip")
            self.assertEqual(reply.headers.get("content-encoding"), coding)
            self.assertEqual(reply.headers["vary"], "Accept-Encoding")
        self.assertNotEqual(self.get("/ui/").headers["etag"], self.get("/ui/some/route").headers["etag"])

    def test_probe_11_a_file_that_is_not_there(self) -> None:
        """A plain 404; not so for the name of a model at the end of a route (Q20)."""
        for path in ("/ui/no.js", "/ui/assets/gone.js", "/ui/assets/deep/gone.js"):
            reply = self.get(path)
            self.assertEqual((reply.status, reply.headers["content-type"]), (404, "text/plain; charset=utf-8"))
        self.assertEqual(self.get("/ui/models/llama-3.1").body, page("../"))

    def test_probe_12_compressed_copies(self) -> None:
        """The best that the client takes; a gzip copy too (a deviation). The type is that of the plain file."""
        path = "/ui/assets/app.Bd8fK2qZ.js"
        for accepted, coding in (
            ("gzip, br", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("br;q=0.1, gzip;q=0.9", "gzip"),
            ("*", "br"),
            ("identity", None),
            ("br;q=0, gzip;q=0", None),
            ("zstd", None),
            ("", None),
        ):
            reply = self.get(path, Accept_Encoding=accepted)
            self.assertEqual(reply.headers.get("content-encoding"), coding, accepted)
            self.assertEqual(reply.headers["content-type"], "text/javascript; charset=utf-8")
            self.assertEqual(reply.headers["vary"], "Accept-Encoding")
            self.assertEqual(reply.body, {"br": b"brotli", None: SCRIPT}.get(coding, FILES[path[4:] + ".gz"]))
        self.assertNotIn("vary", self.get("/ui/plain.txt", Accept_Encoding="br").headers)
        self.assertEqual(self.get(path + ".br").status, 404)

    def test_tags(self) -> None:
        """A client that has the very content is told so; each coding is another content."""
        path = "/ui/assets/app.Bd8fK2qZ.js"
        plain, packed = self.get(path), self.get(path, Accept_Encoding="br")
        self.assertNotEqual(plain.headers["etag"], packed.headers["etag"])
        tag = plain.headers["etag"]
        for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
            reply = self.get(path, If_None_Match=known)
            self.assertEqual((reply.status, reply.body, reply.headers["etag"]), (304, b"", tag), known)
            self.assertNotIn("content-length", reply.headers)
        self.assertEqual(self.get(path, If_None_Match=packed.headers["etag"]).status, 200)

    def test_how_long_it_is_kept(self) -> None:
        """What has its hash in its name for ever, all else with a question."""
        self.assertEqual(
            self.get("/ui/assets/app.Bd8fK2qZ.js").headers["cache-control"], "public, max-age=31536000, immutable"
        )
        for path in ("/ui/", "/ui/plain.txt", "/favicon.ico"):
            self.assertEqual(self.get(path).headers["cache-control"], "no-cache")

    def test_ranges(self) -> None:
        """Parts of a file, if it is the one that is meant."""
        tag = self.get("/ui/plain.txt").headers["etag"]
        for wish, expected in (
            ("bytes=2-4", (206, b"234", "bytes 2-4/10")),
            ("bytes=8-99", (206, b"89", "bytes 8-9/10")),
            ("bytes=-3", (206, b"789", "bytes 7-9/10")),
            ("bytes=10-", (416, b"", "bytes */10")),
            ("bytes=0-1,3-4", (200, b"0123456789", None)),
            ("lines=1-2", (200, b"0123456789", None)),
            ("bytes=x", (200, b"0123456789", None)),
        ):
            for condition in ({}, {"If_Range": tag}):
                reply = self.get("/ui/plain.txt", Range=wish, **condition)
                self.assertEqual((reply.status, reply.body, reply.headers.get("content-range")), expected, wish)
        self.assertEqual(self.get("/ui/plain.txt", Range="bytes=2-4", If_Range='"old"').status, 200)
        self.assertEqual(self.get("/ui/plain.txt").headers["accept-ranges"], "bytes")

    def test_head(self) -> None:
        """Headers and length of GET."""
        reply = self.get("/ui/plain.txt", "HEAD", Range="bytes=1-2")
        self.assertEqual((reply.status, reply.body, reply.headers["content-length"]), (200, b"", "10"))

    def test_what_a_page_may_do(self) -> None:
        """Nothing but ask this server, and nobody frames it."""
        headers = self.get("/ui/").headers
        policy = headers["content-security-policy"]
        for rule in (
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
        ):
            self.assertIn(rule, policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(headers["referrer-policy"], "same-origin")
        self.assertEqual(self.get("/ui/plain.txt").headers["x-content-type-options"], "nosniff")

    def test_no_way_out(self) -> None:
        """No spelling of a path shows a file that is not of the build."""
        for rest in (
            "../secret.txt",
            "%2e%2e/secret.txt",
            "..%2fsecret.txt",
            "%2e%2e%2fsecret.txt",
            "..%5csecret.txt",
            "%252e%252e%252fsecret.txt",
            "assets/..%2f..%2fsecret.txt",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "link.txt",
            "up/secret.txt",
            ".built",
            "up%2fsecret.txt",
            "plain.txt%00",
            "plain.txt%00.html",
            "%ff",
            "C:%5cx",
        ):
            reply = self.get(f"/ui/{rest}")
            self.assertIn(reply.status, (404, 307, 200), rest)
            self.assertNotIn(b"secret", reply.body.replace(PAGE, b""), rest)
            if reply.status == 200:
                self.assertTrue(reply.body.startswith(b"<!DOCTYPE html><base"), rest)

    def test_files_are_read_once(self) -> None:
        """And the directory is looked at once."""
        for _ in range(3):
            self.get("/ui/")
            self.get("/ui/plain.txt")
        self.assertEqual(self.world.reads, ["find", "read", "read"])

    def test_memory(self) -> None:
        """What is kept is bounded; what does not fit is read again."""
        self.patch(ui, "MOST_KEPT", 12)
        for _ in range(2):
            self.assertEqual(self.get("/ui/plain.txt").body, b"0123456789")
            self.assertEqual(self.get("/favicon.ico").body, b"icon")
        self.assertEqual(self.world.reads.count("read"), 4)

    def test_a_server_without_a_build(self) -> None:
        """Has no pages; people read how to get them."""
        world = UiWorld(folder_for(self) / "none")
        for path in ("/ui/", "/ui/x", "/ui/models/x"):
            reply = world.visit(path)
            self.assertEqual((reply.status, reply.headers["content-type"]), (404, "text/html; charset=utf-8"))
            self.assertIn(b"pip install .", reply.body)
            self.assertIn("default-src 'none'", reply.headers["content-security-policy"])
            self.assertNotRegex(reply.body, rb"<script|<style|\sstyle=|\son\w+=|https?://")
        self.assertEqual(world.visit("/favicon.ico").headers["content-type"], "text/plain; charset=utf-8")

    def test_mounted(self) -> None:
        """The page says where it stands, whatever is above."""
        site = Resource()
        site.putChild(b"llm", self.world.resource)
        client = Client(site, self.world.clock)
        client.send(b"/llm/ui/some/route")
        self.assertIn(b'<base href="../">', client.reply.body)


class WayTests(SynchronousTestCase):
    def test_probe_8_and_9_the_ways_there(self) -> None:
        """From the root, and from a path without its slash; a query is kept."""
        world = World(settings_of(model("m")))
        for path, status, location in (("/", 302, "/ui"), ("/ui", 307, "/ui/"), ("/ui?x=1", 307, "/ui/?x=1")):
            reply = world.visit(path)
            self.assertEqual((reply.status, reply.headers["location"]), (status, location))


class RuleTests(SynchronousTestCase):
    def test_hashed_names(self) -> None:
        """As builders write them."""
        for name in ("assets/a.Bd8fK2qZ.js", "assets/a-Bd8fK2qZ.css", "assets/x/b.0123abcd.woff2"):
            self.assertIn(b"immutable", cache_rule(name), name)
        for name in ("index.html", "a.Bd8fK2qZ.js", "assets/app.js", "assets/a.1234567.js"):
            self.assertEqual(cache_rule(name), b"no-cache", name)

    def test_types(self) -> None:
        """Of what is not known nobody guesses."""
        self.assertEqual(kind_of("a/b.WOFF2"), b"font/woff2")
        self.assertEqual({kind_of("x"), kind_of("a.exe")}, {b"application/octet-stream"})

    @given(st.text())
    def test_any_path(self, rest: str) -> None:
        """Leads to a file of the build, or nowhere."""
        files = FILES.keys()
        self.assertIn(named(rest, files), (*files, None))
        self.assertIn(named(quote(rest), files), (*files, None))

    @given(st.binary())
    def test_any_accept_encoding(self, accepted: bytes) -> None:
        """Whatever it says, the answer is a copy that there is."""
        self.assertIn(chosen(accepted, ["br", "gzip"]), ("br", "gzip", None))
        self.assertIsNone(chosen(accepted, []))

    def test_find(self) -> None:
        """Files only, and no links."""
        self.assertEqual(set(find(build(folder_for(self)))), set(FILES))
