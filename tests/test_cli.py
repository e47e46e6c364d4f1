"""The console script's own decisions; `test_commands.py` runs it."""

from __future__ import annotations

import socket
import ssl
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import IReactorTCP, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThread
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource

from llamaswap.cli import address, run, tls
from llamaswap.config.schema import Limits
from llamaswap.errors import LlamaSwapError
from llamaswap.exchange import Exchange
from llamaswap.flags import USAGE, Flags
from llamaswap.offline import COMMANDS
from llamaswap.wire.channel import ChannelFactory
from llamaswap.wire.lane import TreeLane
from tests.support.folders import folder_for
from tests.support.wire import RecordingFront


def outcome(*words: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the script with these words."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run(words)
    return status, out.getvalue(), err.getvalue()


class RunTests(SynchronousTestCase):
    """Everything that ends before a server runs."""

    def test_s104_version(self) -> None:
        """S-104: `-version` prints one line in the original's form and ends with 0, whatever else is said."""
        status, out, err = outcome("-version", "-tls-key-file", "k")
        self.assertRegex(out, r"^version: \S+ \(\w+\), built at \w+\n$")
        self.assertEqual((status, err), (0, ""))

    def test_help(self) -> None:
        """`-h` shows the usage on stderr and ends with 0."""
        self.assertEqual(outcome("-h"), (0, "", USAGE))

    def test_wrong_flag(self) -> None:
        """A wrong flag ends with 2 and shows the usage."""
        self.assertEqual(outcome("-nope"), (2, "", f"flag provided but not defined: -nope\n{USAGE}"))

    def test_s104_failures(self) -> None:
        """S-104: no source, half a TLS pair, a file or a directory that cannot be read: one line, status 1."""
        for words, part in (
            ([], "give -config FILE or -config-dir DIR"),
            (["-config", "c", "-tls-cert-file", "t"], "both or neither"),
            (["-config", "c", "-tls-key-file", "t"], "both or neither"),
            (["-config-dir", "/nonexistent"], "/nonexistent: cannot be read"),
            (["-config", "/nonexistent/c.yaml", "-watch-config"], "/nonexistent/c.yaml: cannot be read"),
        ):
            status, out, err = outcome(*words)
            self.assertEqual((status, out, err.count("\n")), (1, "", 1), words)
            self.assertIn(part, err)

    def test_commands_that_start_nothing(self) -> None:
        """The first word may be one of them; what follows is theirs."""
        file = folder_for(self) / "config.yaml"
        file.write_text("models: {a: {cmd: 's ${PORT}'}, b: {cmd: 's ${PORT}'}}")
        self.assertEqual(outcome("check", str(file)), (0, "ok\n", ""))
        words = ("plan", str(file), "--running", "a", "--request", "b")
        self.assertEqual(outcome(*words), (0, "evict a; start b (group (default))\n", ""))
        self.assertEqual(outcome("check", "/nonexistent.yaml")[0], 1)
        for name in COMMANDS:
            self.assertIn(f"\n  {name} ", USAGE)
        self.assertIn("'chekc' is no command; there are check, plan", outcome("chekc")[2])

    def test_default_addresses(self) -> None:
        """Without `-listen` the original's ports are taken, on every address."""
        self.assertEqual(address(Flags()), ":8080")
        self.assertEqual(address(Flags(tls_cert_file="c", tls_key_file="k")), ":8443")
        self.assertEqual(address(Flags(tls_cert_file="c", tls_key_file="k", listen="127.0.0.1:1")), "127.0.0.1:1")


def fresh_pair() -> tuple[bytes, bytes]:
    """A certificate for localhost and its key, in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class TlsClientTests(TestCase):
    """A client on a real connection."""

    timeout = 30

    async def test_a_client_that_asks_for_a_protocol_is_served(self) -> None:
        """ALPN, which curl, browsers and most clients use: HTTP/1.1 is agreed on, and the request is answered."""

        async def hello(exchange: Exchange) -> None:
            exchange.begin(200, [], length=2, more=True)
            exchange.write(b"hi")
            exchange.finish()

        folder = folder_for(self)
        for file, data in zip(("cert", "key"), fresh_pair(), strict=True):
            (folder / file).write_bytes(data)
        factory = ChannelFactory(RecordingFront(hello), TreeLane(Resource()), Limits(), cast(IReactorTime, reactor))
        wrap = tls(str(folder / "cert"), str(folder / "key"))
        endpoint = TCP4ServerEndpoint(cast(IReactorTCP, reactor), 0, interface="127.0.0.1")
        port = await endpoint.listen(wrap(factory))
        answer = await deferToThread(ask_over_tls, port.getHost().port)
        factory.cut()
        await port.stopListening()
        self.assertEqual(answer, ("http/1.1", b"hi"))


def ask_over_tls(port: int) -> tuple[str | None, bytes]:
    """What protocol was agreed on, and the end of the answer."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", port), 20) as raw, context.wrap_socket(raw) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client.selected_alpn_protocol(), client.recv(4096)[-2:]


class TlsTests(SynchronousTestCase):
    """The TLS pair."""

    def write(self, name: str, data: bytes) -> str:
        """A file with this content, for the length of the test."""
        path = folder_for(self) / name
        path.write_bytes(data)
        return str(path)

    def pair(self) -> tuple[str, str]:
        """A certificate file and its key file, freshly made."""
        certificate, secret = fresh_pair()
        return self.write("cert", certificate), self.write("key", secret)

    def test_good_pair(self) -> None:
        """A certificate with its key wraps the protocol in TLS."""
        self.assertIsInstance(tls(*self.pair())(Factory()), TLSMemoryBIOFactory)

    def test_mistakes(self) -> None:
        """A missing file, something that is no PEM, and a key of another certificate are refused at the start."""
        cert, key = self.pair()
        other = self.pair()[1]
        junk = self.write("junk", b"junk")
        for pair in ((cert, "/nonexistent"), ("/nonexistent", key), (junk, key), (cert, junk), (cert, other)):
            self.assertRaises(LlamaSwapError, tls, *pair)
