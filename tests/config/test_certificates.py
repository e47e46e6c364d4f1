"""Certificates that a peer is to be verified with are read with the configuration."""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.certificates import LARGEST, read_certificates
from llamaswap.config.files import load_file
from llamaswap.errors import ConfigurationError
from tests.support.certificates import Authority
from tests.support.folders import folder_for


class CertificateTests(SynchronousTestCase):
    """`caFile`."""

    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.file = self.folder / "ca.pem"

    def fault(self) -> str:
        return str(self.assertRaises(ValueError, read_certificates, str(self.file)))

    def test_good(self) -> None:
        """All certificates of the file, and nothing else that it holds."""
        one, other = Authority("one"), Authority("other")
        pair = one.vouch("h")
        self.file.write_text(f"# ours\n{one.pem}\n{pair.key}\n{other.pem}")
        self.assertEqual(read_certificates(str(self.file)), one.pem + other.pem)

    def test_bad(self) -> None:
        """Each with the reason."""
        self.assertIn("ca.pem cannot be read: No such file", self.fault())
        for content, words in (
            ("", "holds no certificate"),
            (Authority().vouch("h").key, "holds no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "that cannot be read"),
            ("x" * (LARGEST + 1), "is larger than"),
        ):
            self.file.write_text(content)
            self.assertIn(words, self.fault())
        self.file.unlink()
        os.mkfifo(self.file)
        self.assertIn("is no file", self.fault())
        self.assertIn("cannot be read", str(self.assertRaises(ValueError, read_certificates, "a\0b")))

    def test_it_is_told_at_the_key(self) -> None:
        """Loading files reads it, each time anew; the key blames itself."""
        text = f"peers: {{p: {{proxy: 'https://h', models: [x], caFile: {self.file}}}}}"
        (self.folder / "c.yaml").write_text(text)
        error = self.assertRaises(ConfigurationError, load_file, self.folder / "c.yaml")
        self.assertIn("peers.p.caFile: caFile", str(error))
        for authority in (Authority(), Authority()):
            self.file.write_text(authority.pem)
            peer = load_file(self.folder / "c.yaml").peers["p"]
            self.assertEqual((peer.ca_pem, peer.ca_file), (authority.pem, str(self.file)))
