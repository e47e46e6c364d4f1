"""Where a server listens, out of a URL. Pure; opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """The address of an HTTP server and the path that all of its paths start with."""

    secure: bool
    host: str
    """A name or an address; an IPv6 address without its brackets."""
    port: int
    base: bytes = b""
    """Percent-encoded, without a slash at its end."""

    @classmethod
    def parse(cls, url: str) -> Origin:
        """Read `http://host:port/base`. Raises ValueError saying what is wrong."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS:
            raise ValueError(f"expected http:// or https:// in {url!r}")
        if not parts.hostname:
            raise ValueError(f"no host in {url!r}")
        port = parts.port if parts.port is not None else _PORTS[parts.scheme]
        base = parts.path.rstrip("/").encode("utf-8")
        return cls(parts.scheme == "https", parts.hostname, port, base)

    @property
    def authority(self) -> bytes:
        """As a `Host` header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = self.port == _PORTS["https" if self.secure else "http"]
        return (host if default else f"{host}:{self.port}").encode("idna" if not host.isascii() else "ascii")

    def target(self, path: bytes) -> bytes:
        """The request target for `path` (and query) below the base, with exactly one slash at the seam."""
        return self.base + (path if path.startswith(b"/") else b"/" + path)

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority.decode()}{self.base.decode()}"
