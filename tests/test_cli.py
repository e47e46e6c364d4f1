"""The console script's own decisions; `test_commands.py` runs it."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.cli import address, run, tls
from llamaswap.errors import LlamaSwapError
from llamaswap.flags import USAGE, Flags
from tests.support.folders import folder_for


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
        """S-104: no source, half a TLS pair, what is not there yet, a file that cannot be read: one line, status 1."""
        for words, part in (
            ([], "give -config FILE"),
            (["-config", "c", "-tls-cert-file", "t"], "both or neither"),
            (["-config", "c", "-tls-key-file", "t"], "both or neither"),
            (["-config-dir", "d"], "-config-dir is not available"),
            (["-config", "c", "-watch-config"], "-watch-config is not available"),
            (["-config", "/nonexistent/c.yaml"], "/nonexistent/c.yaml"),
        ):
            status, out, err = outcome(*words)
            self.assertEqual((status, out, err.count("\n")), (1, "", 1), words)
            self.assertIn(part, err)

    def test_default_addresses(self) -> None:
        """Without `-listen` the original's ports are taken, on every address."""
        self.assertEqual(address(Flags()), ":8080")
        self.assertEqual(address(Flags(tls_cert_file="c", tls_key_file="k")), ":8443")
        self.assertEqual(address(Flags(tls_cert_file="c", tls_key_file="k", listen="127.0.0.1:1")), "127.0.0.1:1")


class TlsTests(SynchronousTestCase):
    """The TLS pair."""

    def write(self, name: str, data: bytes) -> str:
        """A file with this content, for the length of the test."""
        path = folder_for(self) / name
        path.write_bytes(data)
        return str(path)

    def pair(self) -> tuple[str, str]:
        """A certificate file and its key file, freshly made."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        begin = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=1))
        certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
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
