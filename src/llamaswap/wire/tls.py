"""TLS towards an upstream: whom to believe that it is the one, and when it may be spoken to.

A certificate is always verified: its chain against the authorities, its names against the host of the URL. No switch
turns that off; a private authority is named instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHandshakeListener, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from llamaswap.errors import ConnectFailed
from llamaswap.wire.connection import Connection

NOT_BELIEVED = "certificate verify failed"
"""OpenSSL's words for a chain that leads to no authority."""
OTHER_HOST = "its certificate is for another host"
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class ClientTls:
    """How connections to `host` are secured; `authorities` (PEM) alone may vouch for it, None: those of the system."""

    def __init__(self, host: str, authorities: str | None = None) -> None:
        self._host = host
        self._authorities = authorities

    def wrap(self, endpoint: IStreamClientEndpoint, clock: IReactorTime) -> IStreamClientEndpoint:
        """An endpoint whose connections speak TLS. Raises `ConnectFailed` when nobody may vouch for the host."""
        from twisted.internet.endpoints import wrapClientTLS  # late: with it comes all of TLS

        return wrapClientTLS(self._options, endpoint, clock)

    @cached_property
    def _options(self) -> Any:
        """Made once, as it may have to read the system's authorities."""
        from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates

        if self._authorities is None:
            return optionsForClientTLS(self._host)
        found = [Certificate.loadPEM(text) for text in _CERTIFICATE.findall(self._authorities)]
        if not found:
            raise ConnectFailed("there is no certificate to verify it with", again=False)
        return optionsForClientTLS(self._host, trustRoot=trustRootFromCertificates(found))


@implementer(IHandshakeListener)
class SecureConnection(Connection):
    """A connection that may be used once `secured` says so."""

    def __init__(self, gone: Callable[[Connection], None]) -> None:
        super().__init__(gone)
        self._secured: Deferred[None] = Deferred(self._give_up)
        self._over = False

    def secured(self, seconds: float, clock: IReactorTime) -> Deferred[None]:
        """Fires when the other side has proved who it is. Fails with `ConnectFailed`; cancelling hangs up.

        To be called once, with the time that it may take; 0 = no limit.
        """
        timer = None if not seconds or self._over else clock.callLater(seconds, self._too_late, seconds)

        def stop(result: Any) -> Any:
            if timer is not None and timer.active():
                timer.cancel()
            return result

        return self._secured.addBoth(stop)

    def handshakeCompleted(self) -> None:
        self._decide(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)
        cause = _cause(reason)
        again = cause != OTHER_HOST and NOT_BELIEVED not in cause  # the next attempt would see the same certificate
        self._decide(ConnectFailed(f"the TLS handshake failed: {cause}", again=again))

    def _give_up(self, _: Deferred[None]) -> None:
        self._over = True
        self.abort()

    def _too_late(self, seconds: float) -> None:
        self._decide(ConnectFailed(f"no TLS handshake within {seconds:g} s (timeouts.tlsHandshake)", again=False))
        self.abort()

    def _decide(self, fault: ConnectFailed | None) -> None:
        if self._over:
            return
        self._over = True
        if fault is None:
            self._secured.callback(None)
        else:
            self._secured.errback(fault)


def _cause(reason: Failure) -> str:
    """In words of few lines: OpenSSL answers with lists, and a certificate for another host with its own."""
    error: Any = reason.value
    if type(error).__name__ in ("VerificationError", "CertificateError"):
        return OTHER_HOST
    told = error.args[0] if error.args else None
    if isinstance(told, list):
        return "; ".join(str(entry[-1]) for entry in told) or "no reason was given"
    return str(reason.getErrorMessage())
