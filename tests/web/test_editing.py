"""The configuration over HTTP: what is shown to operators, and who may edit it. Real files, a world in memory."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from functools import partial
from typing import Any, ClassVar
from unittest.mock import ANY

from jsonschema import Draft202012Validator
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import difference
from llamaswap.config.files import Files
from llamaswap.config.originals import MOST, Originals
from llamaswap.config.outcome import Applied, Outcome, Rejected
from llamaswap.config.rewriting import digest
from llamaswap.config.schema import Settings
from llamaswap.errors import Problem
from llamaswap.reload.desk import Desk
from llamaswap.web.openapi import document
from tests.support.folders import folder_for
from tests.support.web import Client, Reply, World, at_once

TEXT = """\
apiKeys:
  - {key: sk-admin, name: boss, scopes: [admin]}
  - {key: sk-use, name: user, scopes: [inference, read]}
models:
  m: {cmd: "s --token abcdef", proxy: "http://h:1"}
"""
OTHER = TEXT + '  n: {cmd: s, proxy: "http://h:2"}\n'
SITE = "http://127.0.0.1:8080"
PAGE = {"Host": "127.0.0.1:8080", "Origin": SITE, "X-Requested-With": "llama-swap-ui"}
ADMIN = {"Authorization": "Bearer sk-admin"}
BASIC = {"Authorization": f"Basic {b64encode(b'x:sk-admin').decode()}"}


class EditingTestCase(SynchronousTestCase):
    """A server with one file, started so that it may be edited."""

    text = TEXT
    environ: ClassVar[dict[str, str]] = {}

    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.path = self.folder / "config.yaml"
        self.path.write_text(self.text)
        self.path.chmod(0o640)
        self.reloaded: list[str] = []
        self.outcome: Deferred[Outcome] | None = None
        self.start()

    def start(self, *, edit: bool = True, files: Files | None = None) -> None:
        """Another server."""
        self.files = files or Files(config=str(self.path))
        read = partial(self.files.load, environ=self.environ)
        self.settings = read()
        desk = Desk(Originals(self.files), read, lambda: self.settings, self.reload, at_once)
        self.world = World(self.settings, desk=desk, edit=edit)

    def reload(self, why: str) -> Deferred[Outcome]:
        self.reloaded.append(why)
        return self.outcome or succeed(Applied(difference(self.settings, self.files.load()), ()))

    def ask(self, method: str, path: str, value: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """As the page does, unless `headers` say otherwise."""
        given = {**PAGE, **ADMIN} if headers is None else headers
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        return self.world.visit(path, given, method=method, body=body)

    def told(self, reply: Reply, status: int = 200, shape: str = "") -> Any:
        """What was answered, in the `shape` of the description of this name."""
        self.assertEqual(reply.status, status, reply.body)
        told = json.loads(reply.body)
        if shape:
            components = document("1.2")["components"]
            Draft202012Validator({**components["schemas"][shape], "components": components}).validate(told)
        return told

    def session(self) -> dict[str, str]:
        """What a browser adds once somebody has logged in; nothing where there are no keys."""
        login = self.world.visit("/api/login", PAGE, method="POST", body=b'{"key": "sk-admin"}')
        return {"Cookie": login.headers.get("set-cookie", "").partition(";")[0]}

    def shown(self, headers: dict[str, str] | None = None) -> Any:
        return self.told(self.ask("GET", "/api/config", headers=headers), shape="Configuration")

    @property
    def file(self) -> str:
        return str(self.shown()["files"][0]["id"])

    def save(self, text: str = OTHER, hash: str = "", headers: dict[str, str] | None = None, id: str = "") -> Reply:
        value = {"text": text, "hash": hash or digest(self.text.encode())}
        return self.ask("PUT", f"/api/config/files/{id or self.file}", value, headers)


class ShownTests(EditingTestCase):
    """`GET /api/config`."""

    def test_settings(self) -> None:
        """In the words of a file, without secrets, and never kept by a browser."""
        reply = self.ask("GET", "/api/config")
        told = self.told(reply)
        self.assertEqual(reply.headers["cache-control"], "no-store")
        self.assertEqual(told["config"]["models"]["m"]["cmd"], "s --token (not shown)")
        self.assertEqual((told["warnings"], told["edit"]), ([], {"allowed": True, "why": None}))
        self.assertNotIn("sk-", json.dumps(told))

    def test_files(self) -> None:
        """Each with what tells one version from another."""
        (file,) = self.shown()["files"]
        expected = {"id": ANY, "name": "config.yaml", "path": str(self.path), "size": len(TEXT), "modified": ANY}
        self.assertEqual(file, {**expected, "hash": digest(TEXT.encode()), "writable": True, "reason": ""})
        self.assertRegex(file["id"], "^[0-9a-f]{16}$")

    def test_directory(self) -> None:
        """The files of a directory, in their order; a link is none to be edited."""
        (self.folder / "b.yml").write_text("logLevel: debug\n")
        (self.folder / "c.yaml").symlink_to(self.path)
        (self.folder / "note.txt").write_text("none")
        (self.folder / "a.yaml").write_text("logLevel: debug\n")
        (self.folder / "c.yaml").unlink()
        self.start(files=Files(config_dir=str(self.folder)))
        self.assertEqual([file["name"] for file in self.shown()["files"]], ["a.yaml", "b.yml", "config.yaml"])

    def test_why_not(self) -> None:
        """Who cannot edit learns what is missing."""
        self.assertEqual(self.shown({**ADMIN, "Host": "box.lan:8080"})["edit"], {"allowed": False, "why": "host"})
        self.start(edit=False)
        self.assertEqual(self.shown()["edit"], {"allowed": False, "why": "not-started-so"})
        self.path.write_text("models: {}\n")
        self.start()
        self.assertEqual(self.shown(PAGE)["edit"], {"allowed": False, "why": "no-key"})
        self.world = World(self.settings, edit=True)
        self.assertEqual(self.shown(PAGE)["edit"], {"allowed": False, "why": "no-files"})

    def test_who_may_look(self) -> None:
        """Operators; with no keys everybody on this machine is one."""
        for headers, status in (({}, 401), ({"x-api-key": "sk-use"}, 403), ({"x-api-key": "sk-admin"}, 200)):
            self.assertEqual(self.ask("GET", "/api/config", headers=headers).status, status, headers)
        self.path.write_text("models: {}\n")
        self.start()
        self.assertEqual(self.ask("GET", "/api/config", headers={}).status, 200)
        self.assertEqual(self.ask("GET", "/api/config", headers={"Origin": "http://evil.example"}).status, 403)

    def test_new_settings(self) -> None:
        """Those in force are shown."""
        self.world.editing.configure(Settings(log_level="warn"))
        self.assertEqual(self.shown()["config"]["logLevel"], "warn")


class RefusedTests(EditingTestCase):
    """Who may not: nothing is told, nothing is written."""

    def tries(self, headers: dict[str, str]) -> list[int]:
        """The answers to all that an editor asks."""
        id = self.file
        value = {"text": OTHER, "hash": digest(TEXT.encode())}
        replies = [
            self.ask("GET", f"/api/config/files/{id}", headers=headers),
            self.ask("POST", "/api/config/check", {"files": {id: OTHER}}, headers),
            self.ask("PUT", f"/api/config/files/{id}", value, headers),
        ]
        for reply in replies:
            self.assertNotIn(b"sk-", reply.body)
            self.assertNotIn(b"abcdef", reply.body)
        self.assertEqual((self.path.read_text(), self.reloaded), (self.text, []))
        return [reply.status for reply in replies]

    def test_not_started_so(self) -> None:
        """Without the flag there is nothing here, whatever key is shown, and whatever the file says."""
        self.start(edit=False)
        self.assertEqual(self.tries({**PAGE, **ADMIN}), [404] * 3)

    def test_keys(self) -> None:
        """None, a wrong one, and one that is good for less."""
        self.assertEqual(self.tries(PAGE), [401] * 3)
        self.assertEqual(self.tries({**PAGE, "x-api-key": "wrong"}), [401] * 3)
        self.assertEqual(self.tries({**PAGE, "x-api-key": "sk-use"}), [403] * 3)

    def test_origin(self) -> None:
        """Missing, foreign, none, another port, a name that begins alike."""
        missing = {name: value for name, value in PAGE.items() if name != "Origin"}
        self.assertEqual(self.tries({**missing, **ADMIN}), [403] * 3)
        for origin in (
            "http://evil.example",
            "null",
            "http://127.0.0.1:9999",
            "http://127.0.0.1:8080.evil.example",
            "http://127.0.0.1",
            "http://[",
            "",
        ):
            self.assertEqual(self.tries({**PAGE, **ADMIN, "Origin": origin}), [403] * 3, origin)

    def test_what_browsers_add(self) -> None:
        """Basic and a session: a page of a model, which has this server's origin, would be let in by them."""
        for headers in (self.session(), BASIC, {**BASIC, "x-api-key": "sk-use"}):
            self.assertEqual(self.tries({**PAGE, **headers}), [403] * 3, headers)
        for path in ("upstream/m/view?filename=x.html", "comfyui/view?filename=x.html", "ui/"):
            page = {**PAGE, **self.session(), "Referer": f"{SITE}/{path}"}
            self.assertEqual(self.tries(page), [403] * 3, path)

    def test_own_header(self) -> None:
        """The one that no page of another origin can send."""
        for value in ("", "XMLHttpRequest"):
            self.assertEqual(self.tries({**PAGE, **ADMIN, "X-Requested-With": value}), [403] * 3)

    def test_host(self) -> None:
        """A name that somebody else may have made to lead here, though the origin is the same."""
        for host in ("evil.example", "evil.example:8080", "localhost.evil.example", ""):
            headers = {**PAGE, **ADMIN, "Host": host, "Origin": f"http://{host}"}
            self.assertEqual(self.tries(headers), [403] * 3, host)


class SecretsTests(EditingTestCase):
    """A text names variables of the server's environment: no answer tells their values."""

    environ: ClassVar[dict[str, str]] = {
        "SECRET": "hunter2-of-the-host",
        "LIST": "[hunter2, b]",
        "QUOTED": "a'hunter2'b",
    }

    def checked(self, more: str) -> str:
        """What is said of a text with `more` models."""
        reply = self.ask("POST", "/api/config/check", {"files": {self.file: TEXT + more}})
        self.assertEqual(reply.status, 200, reply.body)
        return reply.body.decode()

    def test_names_of_models(self) -> None:
        """In what would change, and in the paths of errors and warnings."""
        for more in ("", ", ttl: x", ", tttl: 1"):
            told = self.checked('  "${env.SECRET}": {cmd: s, proxy: "http://h:2"' + more + "}\n")
            self.assertNotIn("hunter2", told)
            self.assertIn("${env.SECRET}", told)

    def test_warnings_of_what_is_in_force(self) -> None:
        """The name is masked in the settings, and so in what is said of them."""
        self.path.write_text(TEXT + '  "${env.SECRET}": {cmd: s, proxy: "http://h:2", tttl: 1}\n')
        self.start()
        told = self.shown()
        self.assertIn("${env.SECRET}", told["warnings"][0])
        self.assertNotIn("hunter2", json.dumps(told))

    def test_pieces(self) -> None:
        """An item of a list, and a word of a command that has lost its quotes."""
        self.assertNotIn(
            "hunter2", self.checked('  n: {cmd: s, proxy: "http://h:2", capabilities: {in: ${env.LIST}}}\n')
        )
        slots = "--slot-save-path ${env.QUOTED} --port 2"
        self.assertNotIn(
            "hunter2", self.checked(f'  n: {{cmd: "s {slots}", proxy: "http://h:2", slots: {{save: /x}}}}\n')
        )


class NoKeysTests(RefusedTests):
    """Without keys configured nobody edits, though everybody may do all else."""

    text = 'models: {m: {cmd: "s --token abcdef", proxy: "http://h:1"}}\n'

    @property
    def file(self) -> str:
        return str(self.shown(PAGE)["files"][0]["id"])

    def test_keys(self) -> None:
        self.assertEqual(self.tries(PAGE), [403] * 3)
        self.assertEqual(self.tries({**PAGE, **ADMIN}), [403] * 3)


class AdmittedTests(EditingTestCase):
    """Who may."""

    def test_text(self) -> None:
        """All of it; browsers send no `Origin` with a GET, and a `Referer` instead."""
        without = {name: value for name, value in PAGE.items() if name != "Origin"}
        for headers in (PAGE, {**without, "Referer": f"{SITE}/ui/"}):
            reply = self.ask("GET", f"/api/config/files/{self.file}", headers={**headers, **ADMIN})
            expected = {"id": self.file, "path": str(self.path), "text": TEXT, "hash": digest(TEXT.encode())}
            self.assertEqual(self.told(reply, shape="ConfigurationText"), expected)
            self.assertEqual(reply.headers["cache-control"], "no-store")
        foreign = {**without, **ADMIN, "Referer": "http://evil.example/"}
        self.assertEqual(self.ask("GET", f"/api/config/files/{self.file}", headers=foreign).status, 403)

    def test_ways_to_show_the_key(self) -> None:
        """Bearer and `x-api-key`, whatever else the browser adds."""
        key = {"x-api-key": "sk-admin"}
        for headers in (ADMIN, key, {**self.session(), **key}, {**BASIC, **key}):
            reply = self.ask("POST", "/api/config/check", {"files": {}}, {**PAGE, **headers})
            self.assertEqual(reply.status, 200, headers)

    def test_hosts(self) -> None:
        """Addresses and names of the loopback address; a proxy may leave the port out; others as they are allowed."""
        self.path.write_text(TEXT + "allowedHosts: [box.lan, ai.example:81]\n")
        self.start()
        for host, origin in (
            ("localhost:8080", "http://localhost:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
            ("192.168.1.7:8080", "http://192.168.1.7:8080"),
            ("box.lan", "https://box.lan:8443"),
            ("box.lan:443", "https://box.lan"),
            ("Box.lan:8080", "http://box.lan:8080"),
            ("ai.example:81", "http://ai.example:81"),
        ):
            headers = {**PAGE, **ADMIN, "Host": host, "Origin": origin}
            self.assertEqual(self.ask("POST", "/api/config/check", {"files": {}}, headers).status, 200, host)
        headers = {**PAGE, **ADMIN, "Host": "ai.example:82", "Origin": "http://ai.example:82"}
        self.assertEqual(self.ask("POST", "/api/config/check", {"files": {}}, headers).status, 403)

    def test_check(self) -> None:
        """What would change, with nothing written."""
        reply = self.ask("POST", "/api/config/check", {"files": {self.file: OTHER}})
        told = self.told(reply, shape="ConfigurationChecked")
        changes = {"added": ["n"], "removed": [], "changed": [], "adjusted": [], "settings": [], "untouched": ["m"]}
        changes["settings"] = told["changes"]["settings"]  # the groups' members
        self.assertEqual(told, {"ok": True, "errors": [], "warnings": [], "changes": changes})
        self.assertEqual((self.path.read_text(), self.reloaded), (TEXT, []))

    def test_check_what_restarts(self) -> None:
        """One that is started differently, and one that is gone."""
        text = OTHER.replace("--token abcdef", "--token abcdeg")
        self.path.write_text(OTHER)
        self.start()
        told = self.told(self.ask("POST", "/api/config/check", {"files": {self.file: text}}))["changes"]
        self.assertEqual((told["changed"], told["untouched"]), (["m"], ["n"]))
        told = self.told(self.ask("POST", "/api/config/check", {"files": {self.file: TEXT}}))["changes"]
        self.assertEqual((told["removed"], told["untouched"]), (["n"], ["m"]))

    def test_check_problems(self) -> None:
        """Each with its place."""
        text = TEXT.replace("models:", "logLevel: loud\nmodels:").replace('"http://h:1"', '"http://h:1", tttl: 3')
        told = self.told(self.ask("POST", "/api/config/check", {"files": {self.file: text + "ui: 3\n"}}))
        self.assertEqual((told["ok"], told["changes"]), (False, None))
        places = [(error["file"], error["line"], error["path"]) for error in told["errors"]]
        self.assertEqual(places, [(str(self.path), 7, "ui")])
        self.assertEqual(["loud" in told["warnings"][0], "tttl" in told["warnings"][1]], [True, True])

    def test_save(self) -> None:
        """Written, kept as it was beside it, mode and all; read again; the answer says what came of it."""
        told = self.told(self.save(), shape="ConfigurationSaved")
        self.assertEqual(self.path.read_text(), OTHER)
        self.assertEqual((self.folder / "config.yaml.bak").read_text(), TEXT)
        modes = [os.stat(self.folder / name).st_mode & 0o777 for name in ("config.yaml", "config.yaml.bak")]
        self.assertEqual((modes, self.reloaded), ([0o640] * 2, ["edited with the API key boss"]))
        self.assertEqual((told["ok"], told["saved"], told["changes"]["added"]), (True, True, ["n"]))
        self.assertEqual(told["hash"], digest(OTHER.encode()))
        self.assertEqual(sorted(os.listdir(self.folder)), ["config.yaml", "config.yaml.bak"])

    def test_save_what_is_no_good(self) -> None:
        """It is not written."""
        told = self.told(self.save(TEXT + "ui: 3\n"), 422, "ConfigurationSaved")
        self.assertEqual((told["ok"], told["saved"], told["errors"][0]["line"]), (False, False, 6))
        self.assertEqual((self.path.read_text(), self.reloaded), (TEXT, []))
        self.assertEqual(os.listdir(self.folder), ["config.yaml"])

    def test_save_what_fails_later(self) -> None:
        """Written, and not in force: such as a store that cannot be opened."""
        self.outcome = succeed(Rejected((Problem("no", "c.yaml"),), ()))
        told = self.told(self.save(), 422)
        self.assertEqual((told["ok"], told["saved"], told["hash"]), (False, True, digest(OTHER.encode())))

    def test_stale(self) -> None:
        """Somebody else was faster."""
        self.path.write_text(TEXT + "# another\n")
        self.assertEqual(self.told(self.save(), 409)["error"]["code"], "conflict")
        self.assertEqual((self.path.read_text(), self.reloaded), (TEXT + "# another\n", []))
        self.assertEqual(self.save(hash="nonsense").status, 409)

    def test_client_that_hangs_up(self) -> None:
        """What was begun is brought to its end."""
        self.outcome = Deferred()
        waiting = self.begin(OTHER)
        waiting.hang_up()
        self.assertEqual((self.path.read_text(), len(self.reloaded)), (OTHER, 1))
        self.outcome.callback(Applied(difference(self.settings, self.settings), ()))
        self.assertEqual(self.flushLoggedErrors(), [])

    def begin(self, text: str) -> Client:
        """Ask for this text to be saved, and wait for nothing."""
        client = Client(self.world.resource, self.world.clock, method="PUT")
        client.send(f"/api/config/files/{self.file}", {**PAGE, **ADMIN}, self.body(text))
        return client

    def body(self, text: str) -> bytes:
        return json.dumps({"text": text, "hash": digest(self.text.encode())}).encode()

    def test_files_that_there_are_not(self) -> None:
        """IDs are no paths."""
        outside = self.folder.parent / f"{self.folder.name}-outside.yaml"
        outside.write_text("models: {}\n")
        self.addCleanup(outside.unlink)
        for id in ("", "0" * 16, "config.yaml", "..%2Fconfig.yaml", f"..%2F{outside.name}", "%2Fetc%2Fpasswd", "%ff"):
            for method, value in (("GET", None), ("PUT", {"text": OTHER, "hash": digest(TEXT.encode())})):
                reply = self.ask(method, f"/api/config/files/{id}", value)
                self.assertIn(reply.status, (404, 307), (id, method))
        reply = self.ask("POST", "/api/config/check", {"files": {str(outside): "x"}})
        self.assertEqual((reply.status, outside.read_text()), (404, "models: {}\n"))
        self.assertEqual((self.path.read_text(), self.reloaded), (TEXT, []))

    def test_link(self) -> None:
        """Where a link stands nothing is written, and nothing behind it is told."""
        target = self.folder / "target"
        self.path.rename(target)
        self.path.symlink_to(target)
        self.start()
        self.assertFalse(self.shown()["files"][0]["writable"])
        self.assertEqual(self.ask("GET", f"/api/config/files/{self.file}").status, 403)
        self.assertEqual(self.save().status, 403)
        self.assertEqual((target.read_text(), self.path.is_symlink(), self.reloaded), (TEXT, True, []))

    def test_what_cannot_be_written(self) -> None:
        """A file with two names, and one whose name leaves no room for that of a backup: it is said, and refused."""
        os.link(self.path, self.folder / "same.txt")
        file = self.shown()["files"][0]
        self.assertEqual((file["writable"], "another name" in file["reason"]), (False, True))
        self.assertEqual((self.save().status, self.path.read_text()), (403, TEXT))
        self.path = self.folder / ("c" * 245 + ".yaml")
        self.path.write_text(TEXT)
        self.start()
        file = self.shown()["files"][0]
        self.assertEqual((file["writable"], "too long" in file["reason"]), (False, True))

    def test_backup_of_somebody_else(self) -> None:
        """It is not lost, and the new one is as private as the file."""
        mine = self.folder / "config.yaml.bak"
        mine.write_text("the good one of last year\n")
        mine.chmod(0o666)
        self.path.chmod(0o600)
        self.told(self.save())
        self.assertEqual((self.folder / "config.yaml.bak.1").read_text(), "the good one of last year\n")
        self.assertEqual((mine.read_text(), os.stat(mine).st_mode & 0o777), (TEXT, 0o600))

    def test_bodies(self) -> None:
        """What is no such thing, and what is too much."""
        put = f"/api/config/files/{self.file}"
        for body in (b"", b"[]", b"{", b'{"text": 1, "hash": ""}', b'{"text": "x"}', b"[" * 100_000):
            self.assertEqual(self.ask("PUT", put, body).status, 400, body[:20])
        for body in (b"{}", b'{"files": []}', b'{"files": {"a": 1}}'):
            self.assertEqual(self.ask("POST", "/api/config/check", body).status, 400, body)
        self.assertEqual(self.ask("PUT", put, {"text": "\ud800", "hash": digest(TEXT.encode())}).status, 400)
        for text in ("#" * (MOST + 1), "#" * (2 * MOST)):
            self.assertEqual(self.save(text).status, 413)
            self.assertEqual(self.ask("POST", "/api/config/check", {"files": {self.file: text}}).status, 413)
        self.assertEqual(self.path.read_text(), TEXT)

    def test_one_at_a_time(self) -> None:
        """Of two that edit the same version, the second learns that it is old."""
        self.outcome = Deferred()
        first = self.begin(OTHER)
        second = self.begin(TEXT + "#")
        self.assertEqual(second.transport.value(), b"")
        self.outcome.callback(Applied(difference(self.settings, self.settings), ()))
        self.assertEqual((first.reply.status, second.reply.status), (200, 409))
        self.assertEqual(self.path.read_text(), OTHER)
