"""Which key a request offers, and whose it is."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey
from llamaswap.errors import Unauthorized
from llamaswap.exchange import Caller, Header
from llamaswap.proxy.headers import SESSION_COOKIE
from llamaswap.web.auth import Doorman, Found, Keys, candidate, taken_out
from llamaswap.web.sessions import Sessions


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

    @given(st.one_of(st.none(), st.binary()), st.one_of(st.none(), st.binary()))
    def test_anything(self, authorization: bytes | None, api_key: bytes | None) -> None:
        """Whatever a client sends is a key or none, and never an empty one."""
        self.assertNotEqual(candidate(authorization, api_key), b"")


class KeysTests(SynchronousTestCase):
    def test_known_and_unknown(self) -> None:
        """Any of the configured keys will do, and nothing else."""
        keys = Keys([ApiKey(key="secret", name="a"), ApiKey(key="schlüssel", name="b")])
        for good, name in ((b"secret", "a"), ("schlüssel".encode(), "b")):
            found = keys.find(good)
            self.assertEqual(found and found.name, name)
            self.assertIs(keys.owner(keys.known_by(good)), found)
        for bad in (b"secre", b"secrets", b"SECRET", b"\xff", b"", b"x" * 100_000):
            self.assertIsNone(keys.find(bad))

    def test_rights(self) -> None:
        """A caller has what the key is good for."""
        key = ApiKey(key="k", name="n", models=("a*",), scopes=("read",), priority=3)
        found = Keys([key]).find(b"k")
        self.assertEqual(found, Caller("n", ("a*",), frozenset(("read",)), 3))

    def test_first_name_wins(self) -> None:
        """Of a key that is configured twice."""
        found = Keys([ApiKey(key="k", name="one"), ApiKey(key="k", name="two")]).find(b"k")
        self.assertEqual(found and found.name, "one")

    def test_one_configuration_after_the_other(self) -> None:
        """A key is known by the same in each, and by nothing that tells what it is."""
        first, second = Keys([ApiKey(key="k", name="n")]), Keys([ApiKey(key="l", name="m"), ApiKey(key="k", name="n")])
        self.assertLess(set(first.known), set(second.known))
        self.assertNotIn("secret", repr(list(Keys([ApiKey(key="secret", name="n")]).known)))


class DoormanTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 0.0
        self.sessions = Sessions()
        keys = [ApiKey(key="secret", name="a"), ApiKey(key="two", name="b")]
        self.doorman = Doorman(keys, self.sessions, lambda: self.now)
        self.token = self.sessions.begin(self.doorman.keys.known_by(b"two"), 0.0).encode()

    def find(self, *headers: Header) -> Found | None:
        def header(name: bytes) -> bytes | None:
            return next((value for key, value in headers if key.lower() == name), None)

        return self.doorman.find(header, headers)

    def cookie(self, *tokens: bytes) -> Header:
        return b"Cookie", b"; ".join(SESSION_COOKIE + b"=" + token for token in tokens)

    def test_key_or_session(self) -> None:
        """Either shows who asks; what shows nothing is nobody's."""
        by_key, by_cookie = self.find((b"X-Api-Key", b"secret")), self.find(self.cookie(self.token))
        self.assertEqual(by_key and (by_key[0].name, by_key[1]), ("a", False))
        self.assertEqual(by_cookie and (by_cookie[0].name, by_cookie[1]), ("b", True))
        self.assertIsNone(self.find())
        self.assertIsNone(self.find((b"Cookie", b"a=b")))

    def test_a_wrong_key_hides_the_session(self) -> None:
        """As it hides a good key after it."""
        self.assertIsNone(self.find((b"Authorization", b"Bearer no"), self.cookie(self.token)))
        found = self.find((b"Authorization", b"Bearer secret"), self.cookie(self.token))
        self.assertEqual(found and found[0].name, "a")

    def test_hostile_cookies(self) -> None:
        """Others of our name do not hide the good one; where there are hundreds, nobody looks at them all."""
        self.assertIsNotNone(self.find(self.cookie(b"x", b"", self.token)))
        self.assertIsNotNone(self.find((b"cookie", b"a=1"), self.cookie(b"\xff"), self.cookie(self.token)))
        self.assertIsNone(self.find(self.cookie(*[b"x"] * 500, self.token)))
        self.assertIsNone(self.find((b"Cookie", b"x" + SESSION_COOKIE + b"=" + self.token)))
        self.assertIsNone(self.find((b"Cookie", SESSION_COOKIE.upper() + b"=" + self.token)))

    def test_refusal_reveals_nothing(self) -> None:
        """The refusal repeats neither what was offered nor what was expected."""
        headers = {b"x-api-key": b"guess"}
        error = self.assertRaises(Unauthorized, self.doorman.require, headers.get, ())
        self.assertIn("unauthorized", str(error))
        self.assertNotIn("secret", str(error))
        self.assertNotIn("guess", str(error))

    def test_challenge(self) -> None:
        """Only a page of ours is spared the browser's dialog."""
        for said, challenge in ((b"llama-swap-ui", False), (b"XMLHttpRequest", True), (None, True)):
            headers = {} if said is None else {b"x-requested-with": said}
            error = self.assertRaises(Unauthorized, self.doorman.require, headers.get, ())
            self.assertEqual(error.challenge, challenge)


class TakenOutTests(SynchronousTestCase):
    def test_names(self) -> None:
        """Of keys that are gone or have another secret; what else has changed of a key does not matter."""
        a, b, c = (ApiKey(key=name * 9, name=name) for name in "abc")
        self.assertEqual(taken_out((a, b, c), (c, replace(a, models=("x",)))), {"b"})
        self.assertEqual(taken_out((a, b), (a, replace(b, key="other"))), {"b"})
        self.assertEqual(taken_out((), (a,)), frozenset())

    def test_a_server_without_keys(self) -> None:
        """Lets everybody in, also who had one."""
        self.assertEqual(taken_out((ApiKey(key="k", name="k"),), ()), frozenset())
