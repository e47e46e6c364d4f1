"""Asking a running server: one answer, or a stream as it arrives; and what to do where there is none, in words.

It goes out by the connections that models are asked over (`wire/upstream.py`): the same hosts can be reached.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.interfaces import IReactorTime

from llamaswap.errors import ConnectFailed, LlamaSwapError, UpstreamFailed
from llamaswap.exchange import Header
from llamaswap.terminal.plain import shown
from llamaswap.wire.ask import Server, request_head
from llamaswap.wire.connection import AnswerHead, Connection
from llamaswap.wire.lines import value_of
from llamaswap.wire.origin import Origin
from llamaswap.wire.tls import NOT_BELIEVED, OTHER_HOST

KEY_VARIABLE = "LLAMASWAP_API_KEY"
_LONGEST = 16 * 1024 * 1024
"""Bytes of an answer."""
_MOST_SAID = 500
"""Characters of an error message."""
_NO_SERVER = "give the address of the server itself with --url, without /ui or another page of it"
_SECONDS = 10.0
"""For an answer that is no stream."""


class BadAddress(LlamaSwapError):
    """The server's URL, or the key, cannot be used."""


class NoAnswer(LlamaSwapError):
    """The server cannot be reached, or broke off. Trying again may help."""

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


class Refused(LlamaSwapError):
    """The server answered, and not as hoped."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(shown(message))
        self.status = status


def origin_of(url: str) -> Origin:
    """Where the server at `url` is; `host:port` will do. Raises `BadAddress`."""
    url = url if "://" in url else f"http://{url}"
    try:
        if "@" in urlsplit(url).netloc:
            raise BadAddress("--url: names and passwords have no place in the URL; give the key with --key")
        return Origin.parse(url)
    except ValueError as error:
        raise BadAddress(f"--url: {error}") from error


class Client:
    """Asks the server behind `server`, with the API key `key` if there is one."""

    def __init__(self, server: Server, key: str, clock: IReactorTime) -> None:
        """Raises `BadAddress` for a key that cannot be sent."""
        if not key.isascii() or not key.isprintable() or " " in key:
            raise BadAddress("the API key has characters that no key can have")
        self._server = server
        self._key = key
        self._clock = clock

    @property
    def where(self) -> str:
        """The server's URL."""
        return str(self._server.origin)

    async def json(self, path: str) -> Any:
        """The JSON answer to a GET. Raises `NoAnswer` and `Refused`."""
        body = await self.get(path, kind="application/json")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused(f"{self.where} answers {path} with something that is no JSON", 200) from error

    async def get(self, path: str, *, kind: str) -> bytes:
        """The answer to a GET, of this media type. Raises `NoAnswer` and `Refused`."""
        headers = self._headers()
        try:
            async with self._server.connection(fresh=True) as connection:
                with _Limit(connection, _SECONDS, self._clock):
                    answer = await connection.send(request_head(self._server.origin, b"GET", path.encode(), headers))
                    body = await _whole(connection)
        except UpstreamFailed as error:
            raise self._unreached(error) from error
        self._check(answer, body, path, kind)
        return body

    async def stream(
        self,
        path: str,
        write: Callable[[bytes], object],
        *,
        kind: str,
        headers: tuple[Header, ...] = (),
        silence: float | None = None,
        begun: Callable[[], object] = lambda: None,
    ) -> None:
        """Hand the answer to a GET, of the media type `kind`, to `write` as it arrives; returns at its end.

        `begun` is told of its head.

        After `silence` seconds without a byte it counts as broken. Raises `NoAnswer` and `Refused`.
        """
        told = False
        try:
            async with self._server.connection(fresh=True) as connection:
                with _Limit(connection, silence, self._clock) as limit:
                    head = request_head(self._server.origin, b"GET", path.encode(), (*self._headers(), *headers))
                    answer = await connection.send(head)
                    told = True
                    if answer.status != 200 or not _is(answer, kind):
                        self._check(answer, await _whole(connection), path, kind)
                    begun()
                    await connection.relay(limit.stirred_by(write))
        except UpstreamFailed as error:
            raise self._broken(error) if told else self._unreached(error) from error

    def _headers(self) -> tuple[Header, ...]:
        headers = ((b"User-Agent", b"llama-swap"), (b"Accept", b"*/*"))
        return (*headers, (b"Authorization", b"Bearer " + self._key.encode())) if self._key else headers

    def _unreached(self, error: UpstreamFailed) -> NoAnswer:
        """With what may be wrong with the address."""
        if not isinstance(error, ConnectFailed):
            hint = "" if self._server.origin.secure else "; if it speaks TLS, say so with --url https://…"
            return NoAnswer(f"{str(self._broken(error)).rstrip('.')}{hint}")
        said = str(error).rstrip(".")
        if NOT_BELIEVED in said:
            return NoAnswer(f"{said}; name the certificate that vouches for it with --ca-file")
        if OTHER_HOST in said:
            return NoAnswer(f"{said}; say with --url the name that the certificate is for")
        return NoAnswer(f"{said}; is the server running, and is this its address? Say another with --url")

    def _broken(self, error: UpstreamFailed) -> NoAnswer:
        return NoAnswer(f"{self.where}: {error}")

    def _check(self, answer: AnswerHead, body: bytes, path: str, kind: str) -> None:
        """Raise `Refused` unless `answer` says that all is well."""
        status = answer.status
        if status == 200:
            if not _is(answer, kind):
                raise Refused(f"{self.where} answers {path} with {_kind(answer)}, not {kind}: {_NO_SERVER}", status)
            return
        if status == 401:
            known = "does not know this key" if self._key else "wants an API key"
            raise Refused(f"{self.where} {known}: give one with --key, or in the variable {KEY_VARIABLE}", status)
        said = _said(body)
        if status == 404 and not said:
            raise Refused(f"{self.where} knows no {path}: it is no llama-swap, or an older one", status)
        raise Refused(f"{self.where} answers {path} with status {status}" + (f": {said}" if said else ""), status)


class _Limit:
    """Cuts a connection on which nothing has come for too long; None: never."""

    def __init__(self, connection: Connection, seconds: float | None, clock: IReactorTime) -> None:
        self._seconds = seconds
        self._timer = None if seconds is None else clock.callLater(seconds, connection.abort)

    def stirred_by(self, write: Callable[[bytes], object]) -> Callable[[bytes], None]:
        """`write`, with which something has come."""

        def stir_and_write(data: bytes) -> None:
            if self._timer is not None and self._timer.active():
                self._timer.reset(self._seconds or 0)
            write(data)

        return stir_and_write

    def __enter__(self) -> _Limit:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()


def _kind(answer: AnswerHead) -> str:
    return value_of(answer.headers, b"content-type").partition(";")[0].strip().lower()


def _is(answer: AnswerHead, kind: str) -> bool:
    """Whether it is of the media type `kind`, as far as it says."""
    return _kind(answer) in ("", kind)


async def _whole(connection: Connection) -> bytes:
    body = bytearray()

    def take(data: bytes) -> None:
        body.extend(data)
        if len(body) > _LONGEST:
            connection.abort()

    await connection.relay(take)
    return bytes(body)


def _said(body: bytes) -> str:
    """What an error envelope says, in short; empty when `body` is none."""
    try:
        said = str(json.loads(body)["error"]["message"])
        return said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID]}…"
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
