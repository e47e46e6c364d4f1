"""How often somebody may be wrong."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import TooManyLogins
from llamaswap.web.throttle import FOR_ONE, MOST, PER, Throttle


class ThrottleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.throttle = Throttle()

    def fail(self, address: str, times: int, when: float = 0.0) -> None:  # type: ignore[override]
        for _ in range(times):
            self.throttle.check(address, when)
            self.throttle.failed(address, when)

    def test_one_address(self) -> None:
        """It may be wrong a few times; others may go on."""
        self.fail("192.0.2.1", FOR_ONE)
        error = self.assertRaises(TooManyLogins, self.throttle.check, "192.0.2.1", 1.0)
        self.assertEqual((error.status, error.retry_after), (429, 59))
        self.throttle.check("192.0.2.2", 1.0)
        self.throttle.check("192.0.2.1", PER + 2)

    def test_a_network_is_one(self) -> None:
        """Whoever has an IPv6 network has all its addresses; a mapped address is that of IPv4."""
        for number in range(FOR_ONE):
            self.fail(f"2001:db8::{number}", 1)
        self.assertRaises(TooManyLogins, self.throttle.check, "2001:db8::ffff:1%eth0", 0.0)
        self.throttle.check("2001:db8:0:1::1", 0.0)
        self.fail("::ffff:192.0.2.1", FOR_ONE)
        self.assertRaises(TooManyLogins, self.throttle.check, "192.0.2.1", 0.0)

    def test_many_addresses(self) -> None:
        """However many are wrong, others may log in."""
        for number in range(1000):
            self.fail(f"10.0.{number >> 8}.{number & 255}", FOR_ONE)
        self.throttle.check("192.0.2.1", 0.0)

    def test_memory(self) -> None:
        """Who failed longest ago is forgotten."""
        for number in range(MOST + 50):
            self.throttle.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
        self.assertEqual(len(self.throttle._each), MOST)

    def test_a_unix_socket(self) -> None:
        """It has no address, and counts all the same."""
        self.fail("", FOR_ONE)
        self.assertRaises(TooManyLogins, self.throttle.check, "", 0.0)
