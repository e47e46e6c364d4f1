"""Which key a request offers, and whether it is one of ours."""

from __future__ import annotations

from base64 import b64encode

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import Unauthorized
from llamaswap.web.auth import Keys, candidate


def basic(text: str) -> bytes:
    return b"Basic " + b64encode(text.encode())


class CandidateTests(SynchronousTestCase):
    def test_order(self) -> None:
        """Basic's password, then Bearer's rest, then `x-api-key`; schemes in any case."""
        self.assertEqual(candidate(basic("any:sec:ret"), b"other"), b"sec:ret")
        self.assertEqual(candidate(b"bEaReR sk-two", b"other"), b"sk-two")
        self.assertEqual(candidate(None, b"other"), b"other")
        self.assertIsNone(candidate(None, None))

    def test_malformed_ones_are_absent(self) -> None:
        """What is no key does not hide the one after it."""
        malformed = (basic("any:"), basic("no colon"), b"Basic !!", b"Basic c2VjcmV0", b"Basic YTpi\n", b"Basic YTpiYw")
        for authorization in (*malformed, b"secret", b"Digest secret", b"Bearer ", b""):
            self.assertEqual(candidate(authorization, b"other"), b"other", authorization)

    def test_bearer_is_not_trimmed(self) -> None:
        """A second blank belongs to the key."""
        self.assertEqual(candidate(b"Bearer  secret", b"other"), b" secret")


class KeysTests(SynchronousTestCase):
    def test_known_and_unknown(self) -> None:
        """Any of the configured keys will do, and nothing else."""
        keys = Keys(["secret", "schlüssel"])
        for good in (b"secret", "schlüssel".encode()):
            keys.require({b"x-api-key": good}.get)
        for bad in (b"secre", b"secrets", b"SECRET", b"\xff"):
            self.assertRaises(Unauthorized, keys.require, {b"x-api-key": bad}.get)

    def test_refusal_reveals_nothing(self) -> None:
        """The refusal repeats neither what was offered nor what was expected."""
        error = self.assertRaises(Unauthorized, Keys(["secret"]).require, {b"x-api-key": b"guess"}.get)
        self.assertIn("unauthorized", str(error))
        self.assertNotIn("secret", str(error))
        self.assertNotIn("guess", str(error))
