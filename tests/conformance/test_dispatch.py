"""Probes 24 to 55: who answers, and what becomes of the request on the way."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.conformance.world import CHAT, JSON, ConfigurationA, Reply

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=XX"}


def _form(model: str | None) -> bytes:
    field = b'--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\n%b\r\n' % model.encode() if model else b""
    file = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    return field + file + b"\x00\x01RIFF\r\n--XX--\r\n"


def _headers(echo: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in echo["headers"]}


class DispatchProbes(ConfigurationA):
    def body_of(self, reply: Reply) -> Any:
        self.assertEqual(reply.status, 200, reply.body)
        return json.loads(reply.json()["body"])

    def test_probe_24(self) -> None:
        sent = self.body_of(self.client.chat("m1", {"temperature": 1, "a": {"b": 1, "c": 2}}))
        self.assertEqual(sent, {"model": "m1", "a": {"c": 2}, "nested": {"z": 1}, "top_p": 0.9})

    def test_probe_25(self) -> None:
        reply = self.client.chat("think")
        sent = self.body_of(reply)
        self.assertEqual(reply.json()["name"], "m1")
        self.assertEqual((sent["model"], sent["top_p"], sent["thinking"]), ("think", 0.1, True))

    def test_probe_26(self) -> None:
        reply = self.client.post("/v1/completions", b'{"model":"org/m2",  "x":[1,  2.50]}')
        self.assertEqual(reply.json()["body"], '{"model":"real-name",  "x":[1,  2.50]}')

    def test_probe_27(self) -> None:
        before = self.client.newest()
        self.not_found(self.client.chat("zzz"), "no router")
        row = self.client.row_after(before)
        self.assertEqual((row["model"], row["resp_status_code"]), ("zzz", 404))

    def test_probe_28_and_29(self) -> None:
        self.mark()
        for body in (b"{}", b'{"model":""}', b'{"model":null}', b"nonsense", b""):
            self.not_found(self.client.post(CHAT, body), "no model id")
        told = self.client.ask("POST", CHAT, b'{"model":"m1"}', {"Content-Type": "text/plain"})
        self.not_found(told, "no model id")
        self.no_row_for()

    def test_probe_30(self) -> None:
        reply = self.client.chat("zzz", Accept="text/plain, */*")
        self.assertEqual((reply.status, reply.header("Content-Type")), (404, "text/plain"))
        self.assertTrue(reply.body.startswith(b"llama-swap: "))

    def test_probe_31(self) -> None:
        reply = self.client.chat("zzz", Accept="text/html")
        self.assertEqual((reply.status, reply.header("Content-Type")), (404, "text/html"))
        self.assertIn(b"<h1>", reply.body)

    def test_probe_32(self) -> None:
        reply = self.client.ask("POST", "/v1/embeddings", b"model=hid&x=1", FORM)
        self.assertEqual((reply.json()["name"], reply.json()["body"]), ("hid", "model=hid&x=1"))

    def test_probe_33(self) -> None:
        echo = self.client.ask("POST", "/v1/audio/transcriptions", _form("org/m2"), MULTIPART).json()
        self.assertIn('name="model"\r\n\r\nreal-name\r\n', echo["body"])
        self.assertIn('filename="a.wav"', echo["body"])
        self.assertIn("\x00\x01RIFF\r\n", echo["body"])
        self.assertEqual(_headers(echo)["content-length"], str(len(echo["body"])))

    def test_probe_34(self) -> None:
        echo = self.client.ask("POST", "/v1/audio/transcriptions", _form("hid"), MULTIPART).json()
        self.assertEqual(echo["body"].encode("latin-1"), _form("hid"))

    def test_probe_35(self) -> None:
        self.not_found(self.client.ask("POST", "/v1/images/edits", _form(None), MULTIPART), "no model id")

    def test_probe_36_and_37(self) -> None:
        self.assertEqual(self.client.get("/props?model=m1&z=a%20b").json()["path"], "/props?model=m1&z=a%20b")
        self.not_found(self.client.get("/props"), "no model id")

    def test_probe_38(self) -> None:
        self.assertEqual(self.client.get("/sdapi/v1/loras?model=org%2Fm2").json()["name"], "m2")
        self.assertEqual(self.client.post("/sdapi/v1/loras").status, 405)

    def test_probe_39(self) -> None:
        self.assertEqual(self.client.get("/v1/audio/voices?model=s-pin").json()["path"], "/v1/audio/voices?model=think")

    def test_probe_40_and_41(self) -> None:
        for path, seen in (("/v/embeddings", "/embeddings"), ("/audioapi/v1/tasks/run", "/v1/tasks/run")):
            before = self.client.newest()
            self.assertEqual(self.client.post(path, {"model": "hid"}).json()["path"], seen)
            self.assertEqual(self.client.row_after(before)["req_path"], seen)

    def test_probe_42(self) -> None:
        before = self.client.newest()
        self.check_error(self.client.chat("bad"), 500, "server_error", "internal_error")
        row = self.client.row_after(before)
        self.assertEqual((row["model"], row["resp_status_code"]), ("bad", 500))
        self.assertTrue(row["error_msg"])

    def test_probe_43(self) -> None:
        reply = self.client.chat(
            "px/org/pm", {"temperature": 1}, Authorization="Bearer mine", X_Forwarded_Host="front.example"
        )
        echo = reply.json()
        self.assertEqual((echo["name"], json.loads(echo["body"])), ("peer", {"model": "org/pm", "pp": 1}))
        headers = _headers(echo)
        self.assertEqual((headers["authorization"], headers["x-api-key"]), ("Bearer peerkey", "peerkey"))
        self.assertTrue(headers["host"].startswith("127.0.0.1:"))
        self.assertNotEqual(headers["host"], f"127.0.0.1:{self.client.port}")
        self.assertFalse({"x-forwarded-for", "x-forwarded-host"} & set(headers))

    def test_probe_44(self) -> None:
        before = self.client.newest()
        self.assertEqual(self.client.chat("uniq").json()["name"], "peer")
        row = self.client.row_after(before)
        self.assertEqual(row["model"], "uniq")
        self.assertNotIn("metadata", row)

    def test_probe_45(self) -> None:
        self.check_error(self.client.chat("gone"), 502, "server_error", "bad_gateway", "peer proxy error")

    def test_probe_46(self) -> None:
        headers = _headers(self.client.chat("hid", Host="front.example", X_Forwarded_For="9.9.9.9").json())
        self.assertEqual((headers["host"], headers["x-forwarded-for"]), ("front.example", "9.9.9.9, 127.0.0.1"))

    def test_probe_47(self) -> None:
        headers = _headers(self.client.chat("hid", Accept_Encoding="br, gzip;q=0.5, deflate").json())
        self.assertEqual(headers["accept-encoding"], "gzip;q=0.5, deflate")

    def test_probe_48(self) -> None:
        """With the envelope (Q7)."""
        self.check_error(self.client.chat("hid", X_Reset="1"), 502, "server_error", "bad_gateway")

    def test_probe_49(self) -> None:
        reply = self.client.canned("hid", "data: [DONE]\n\n", type="text/event-stream")
        self.assertEqual(reply.header("X-Accel-Buffering"), "no")

    def test_probe_50(self) -> None:
        """As `one` has no queue (`queueSize: 0`)."""
        lines = {**JSON, "X-Drip": "12"}
        with self.client.asking("POST", CHAT, b'{"model":"one"}', lines) as first:
            first.readline()
            reply = self.client.chat("one", Accept="text/plain")
            self.check_error(reply, 429, "rate_limit_error", "concurrency_limit", "Too many requests")
            self.assertEqual(reply.header("Retry-After"), "1")

    def test_probe_51_and_52(self) -> None:
        self.client.post("/api/models/unload/slow")
        reply = self.client.chat("slow", {"stream": True})
        self.assertEqual((reply.status, reply.header("Content-Type")), (200, "text/event-stream"))
        text = reply.body.decode()
        remarks = "".join(
            choice["delta"].get("reasoning_content", "")
            for line in text.splitlines()
            if line.startswith("data: {") and "choices" in line
            for choice in json.loads(line[6:])["choices"]
        )
        for part in ("\u2501" * 5, "loading model: slow", "Done! ("):
            self.assertIn(part, remarks)
        self.client.post("/api/models/unload/slow")
        plain = self.client.post("/v/chat/completions", {"model": "slow", "stream": True})
        self.assertEqual((plain.json()["name"], plain.json()["path"]), ("slow", "/chat/completions"))

    def test_probe_51_the_upstream_follows(self) -> None:
        self.client.post("/api/models/unload/slow")
        reply = self.client.chat("slow", {"stream": True}, X_Drip="2")
        self.assertIn(b'data: {"n": 1}\n\n', reply.body)

    def test_probe_53(self) -> None:
        for model in ("m1", "hid"):
            self.assertEqual(self.client.chat(model).status, 200)
        before = self.client.newest()
        both = threading.Barrier(2)

        def drip() -> None:
            both.wait()
            self.client.chat("s-spill", X_Drip="4")

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(drip) for _ in range(2)]:
                done.result()
        self.client.row_after(before + 1)
        rows = self.client.activity(f"min_id={before + 1}")
        self.assertEqual({row["model"] for row in rows}, {"m1", "hid"})
        self.assertEqual({row["metadata"]["selector"] for row in rows}, {"s-spill"})

    def test_probe_54(self) -> None:
        """Works (Q2)."""
        reply = self.client.ask("POST", "/v1/embeddings", b"model=s-pin", FORM)
        self.assertEqual((reply.json()["name"], reply.json()["body"]), ("m1", "model=think"))

    def test_probe_55(self) -> None:
        self.assertEqual(self.client.post(CHAT, b'{"model":"m1","model":"hid"}').json()["name"], "m1")
