"""Sessions of browsers: begun at a login only, and ended in every way there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.proxy.headers import SESSION_COOKIE
from llamaswap.web import sessions
from llamaswap.web.sessions import IDLE, LOOKED_AT, MOST, MOST_OF_ONE, OLD, Sessions, cookie, tokens_in

KEY, OTHER = b"key", b"other"


class SessionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sessions = Sessions()

    def begin(self, key: bytes = KEY, when: float = 0.0) -> bytes:
        return self.sessions.begin(key, when).encode()

    def key_of(self, *tokens: bytes, when: float = 0.0) -> bytes | None:
        return self.sessions.key_of(tokens, when)

    def test_tokens(self) -> None:
        """Each is drawn, long, and known by nobody else; it is not kept."""
        first, second = self.begin(), self.begin()
        self.assertNotEqual(first, second)
        self.assertGreaterEqual(len(first), 43)
        self.assertEqual(self.key_of(first), KEY)
        self.assertIsNone(self.key_of(first[:-1], b"", first + b"x"))
        self.assertNotIn(first.decode(), repr(vars(self.sessions)))

    def test_one_that_is_not_used_ends(self) -> None:
        """Each use counts, until it is too old in any case."""
        token = self.begin()
        when = 0.0
        while when + IDLE < OLD:
            when += IDLE
            self.assertEqual(self.key_of(token, when=when), KEY)
        self.assertIsNone(self.key_of(token, when=OLD + 1))
        self.assertEqual(len(self.sessions), 0)
        self.assertIsNone(self.key_of(self.begin(), when=IDLE + 1))

    def test_end(self) -> None:
        """A logout ends this one."""
        mine, other = self.begin(), self.begin()
        self.sessions.end([mine, b"unknown"])
        self.assertEqual((self.key_of(mine), self.key_of(other)), (None, KEY))

    def test_who_hears_of_ends(self) -> None:
        """Once for each, whatever ends it, by the name that it was found under."""
        ended: list[bytes] = []
        self.sessions.ended = ended.append
        tokens = [self.begin(), self.begin(OTHER), self.begin()]
        found = [self.sessions.find([token], 0.0) for token in tokens]
        self.sessions.end([tokens[0], tokens[0]])
        self.sessions.keep({KEY})
        self.assertIsNone(self.sessions.find([tokens[2]], IDLE + 1))
        self.assertEqual(ended, found)

    def test_end_with_the_key(self) -> None:
        """A configuration without the key ends all that came by it."""
        mine, other = self.begin(KEY), self.begin(OTHER)
        self.sessions.keep({OTHER})
        self.assertEqual((self.key_of(mine), self.key_of(other)), (None, OTHER))

    def test_number_of_one_key(self) -> None:
        """Who logs in again and again loses his own oldest, and nobody else's."""
        other = self.begin(OTHER)
        tokens = [self.begin() for _ in range(MOST_OF_ONE + 1)]
        self.assertIsNone(self.key_of(tokens[0]))
        self.assertEqual(self.key_of(tokens[1]), KEY)
        self.assertEqual(self.key_of(other), OTHER)

    def test_number(self) -> None:
        """The one that was used longest ago goes."""
        used, unused = self.begin(b"a"), self.begin(b"b")
        self.assertEqual(self.key_of(used), b"a")
        for number in range(MOST - 1):
            self.begin(b"%d" % number)
        self.assertEqual(len(self.sessions), MOST)
        self.assertEqual((self.key_of(used), self.key_of(unused)), (b"a", None))

    def test_the_dead_make_room(self) -> None:
        """Those that are over go before others."""
        for number in range(MOST):
            self.begin(b"%d" % number)
        self.begin(when=IDLE + 1)
        self.assertEqual(len(self.sessions), 1)


class CookieTests(SynchronousTestCase):
    def test_attributes(self) -> None:
        """What keeps it from scripts, other sites and open lines."""
        self.assertEqual(
            cookie("abc", path="/", secure=True),
            SESSION_COOKIE + b"=abc; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure",
        )
        self.assertEqual(
            cookie("", path="/x", secure=False),
            SESSION_COOKIE + b"=; Path=/x; Max-Age=0; HttpOnly; SameSite=Strict",
        )

    def test_reading(self) -> None:
        """From one line or several, among others."""
        name = SESSION_COOKIE
        lines = [b"a=b; " + name + b"=1;" + name + b" = 2", name, name + b"=3"]
        self.assertEqual(list(tokens_in(lines)), [b"1", b"2", b"3"])
        self.assertEqual(len(list(tokens_in([name + b"=x;"] * 1000))), LOOKED_AT)

    @given(st.lists(st.binary()))
    def test_anything(self, lines: list[bytes]) -> None:
        """Whatever a client sends is no session."""
        self.assertIsNone(Sessions().key_of(tokens_in(lines), 0.0))

    def test_a_token_is_nothing_that_must_be_quoted(self) -> None:
        """It consists of letters, digits, `-` and `_`."""
        self.assertRegex(sessions.Sessions().begin(b"", 0.0), r"^[A-Za-z0-9_-]+$")
