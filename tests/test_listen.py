"""The words of `--listen`, and the ports they open on loopback."""

from __future__ import annotations

import os
import socket

from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import gatherResults, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory
from twisted.trial.unittest import SynchronousTestCase, TestCase

from llamaswap.listen import CannotListen, describe, is_endpoint, is_public, open_ports, own_lock, split_address
from tests.support.folders import folder_for


class WordTests(SynchronousTestCase):
    """What kind of address a word is."""

    def test_endpoints(self) -> None:
        """A known prefix, built in or of a plugin, makes the word an endpoint string."""
        for word in (
            "tcp:80",
            "ssl:443:privateKey=k",
            "unix:/x",
            "systemd:domain=INET:index=0",
            "tcp6:80",
            "haproxy:tcp:1",
        ):
            self.assertTrue(is_endpoint(word), word)

    def test_addresses(self) -> None:
        """Everything else is host:port."""
        for word in ("127.0.0.1:80", "[::1]:80", ":80", "localhost:80", "gpu-box:80", "80", ""):
            self.assertFalse(is_endpoint(word), word)

    def test_split(self) -> None:
        """Host and port come apart at the last colon; brackets go."""
        self.assertEqual(split_address("127.0.0.1:8080"), ("127.0.0.1", 8080))
        self.assertEqual(split_address("[::1]:8080"), ("::1", 8080))
        self.assertEqual(split_address(":8080"), ("", 8080))

    def test_mistakes(self) -> None:
        """A word that is neither is refused with what would be right."""
        for word in ("8080", "host", "", "http://host:80"):
            error = self.assertRaises(CannotListen, split_address, word)
            self.assertIn("expected host:port", str(error))
        self.assertIn("did you mean 127.0.0.1:8080", str(self.assertRaises(CannotListen, split_address, "8080")))
        for word in ("host:", "host:http", "host:65536", "host:-1", "[::1]:", "host:²"):
            error = self.assertRaises(CannotListen, split_address, word)
            self.assertIn("expected a port from 0 to 65535", str(error))
        self.assertIn("in brackets", str(self.assertRaises(CannotListen, split_address, "::1:8080")))


def number_of(port: IListeningPort) -> int:
    """The TCP port that was chosen."""
    address = port.getHost()
    assert isinstance(address, IPv4Address | IPv6Address)
    return address.port


class PortTests(TestCase):
    """Real ports on loopback."""

    def open(self, *specs: str) -> list[IListeningPort]:
        """Open `specs` until the end of the test."""
        ports = open_ports(reactor, specs, Factory())
        self.addCleanup(lambda: gatherResults([maybeDeferred(port.stopListening) for port in ports]))
        return ports

    def test_several(self) -> None:
        """Every word opens its port, host:port and endpoint strings mixed."""
        addresses = [describe(port) for port in self.open("127.0.0.1:0", "tcp:0:interface=127.0.0.1")]
        self.assertEqual(len(set(addresses)), 2)
        for address in addresses:
            self.assertRegex(address, r"^127\.0\.0\.1:[1-9]\d*$")

    def test_every_address(self) -> None:
        """`:port` takes connections of both families where the machine has both, and is public."""
        (port,) = self.open(":0")
        self.assertTrue(is_public(port))
        for host in ("127.0.0.1", "::1") if socket.has_dualstack_ipv6() else ("127.0.0.1",):
            socket.create_connection((host, number_of(port)), timeout=5).close()

    def test_loopback_is_not_public(self) -> None:
        """Nobody else reaches a loopback address or a Unix socket."""
        path = folder_for(self) / "socket"
        for port in self.open("127.0.0.1:0", f"unix:{path}:lockfile=0"):
            self.assertFalse(is_public(port))

    def test_unix_address(self) -> None:
        """A Unix socket is described as it was asked for."""
        path = folder_for(self) / "socket"
        (port,) = self.open(f"unix:{path}:lockfile=0")
        self.assertEqual(describe(port), f"unix:{path}")

    def test_s103_taken(self) -> None:
        """S-103: an address in use is refused at once with the system's reason, in every spelling."""
        number = number_of(*self.open("127.0.0.1:0"))
        for spec in (f"127.0.0.1:{number}", f"tcp:{number}:interface=127.0.0.1"):
            error = self.assertRaises(CannotListen, open_ports, reactor, [spec], Factory())
            self.assertEqual(str(error), f"cannot listen on {spec}: Address already in use")

    def test_nonsense(self) -> None:
        """A name that does not exist, an endpoint that is wrong and one without a port are refused by name."""
        for spec in ("no-such-host.invalid:80", "ssl:0:privateKey=/nonexistent", "tcp:x", "stdio:"):
            error = self.assertRaises(CannotListen, open_ports, reactor, [spec], Factory())
            self.assertTrue(str(error).startswith(f"cannot listen on {spec}: "), str(error))

    def test_daemon_owns_its_lock(self) -> None:
        """A Unix socket locked by the process that was forked away gets our process id; our own lock stays."""
        path = folder_for(self) / "socket"
        (port,) = self.open(f"unix:{path}")
        own_lock(port)
        os.unlink(f"{path}.lock")
        os.symlink("999999999", f"{path}.lock")
        own_lock(port)
        self.assertEqual(os.readlink(f"{path}.lock"), str(os.getpid()))
