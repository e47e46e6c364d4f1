"""`llama-swap logs`: what the server, or one of its models, has said, and says.

Exit status: 0 at the end, also by ^C or when nobody reads any more; 1 when there is no answer; 2 for wrong words.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO
from urllib.parse import quote

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from llamaswap.terminal import Run
from llamaswap.terminal.client import Client
from llamaswap.terminal.following import Following
from llamaswap.terminal.options import add_server, client_of
from llamaswap.terminal.seam import Seam

_LOG = "text/plain"
_SETTLED = 1.0
"""Seconds after which a log that began anew counts as another one, if nothing of what was printed stands in it."""


def logs(words: Sequence[str], run: Run) -> int:
    """Print the log that `words` ask for."""
    options = _parser().parse_args(words)

    async def main(reactor: Any) -> int:
        client = client_of(options, reactor)
        printer = Printer(sys.stdout.buffer)
        path = log_path(options.source)
        if options.follow:
            await printer.unless_gone(follow(client, path, printer.write, say, reactor))
        else:
            printer.write(await client.get(f"{path}?no-follow", kind=_LOG))
        return 0

    return run(main)


def log_path(source: str | None) -> str:
    """Where the log of a model, or `proxy`, `upstream`, or without a name that of the server, can be read."""
    return "/logs/stream" + (f"/{quote(source, safe='')}" if source else "")


async def follow(
    client: Client, path: str, write: Callable[[bytes], object], say: Callable[[str], object], clock: IReactorTime
) -> None:
    """Hand everything of a log to `write`, once, and what happens to the connection to `say`. Never returns.

    Raises what the first attempt fails with. Cancelling hangs up.
    """
    seam = Seam()
    timers: list[IDelayedCall] = []

    def begun() -> None:
        following.begun()
        timers.append(clock.callLater(_SETTLED, lambda: write(seam.give_up())))

    async def attempt() -> None:
        seam.begin_again()
        try:
            await client.stream(path, lambda data: write(seam.take(data)), kind=_LOG, begun=begun)
        finally:
            for timer in timers:
                if timer.active():
                    timer.cancel()
            timers.clear()
        write(seam.give_up())  # it has ended, and not broken off: there is no more of this log

    following = Following(attempt, lambda why: say(f"{why}; connecting again"), clock)
    await following.go_on()


def say(text: str) -> None:
    """Tell the user, beside the log."""
    sys.stderr.write(f"llamaswap: {text}\n")
    sys.stderr.flush()


class Printer:
    """Writes to `out` until nobody reads it any more."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._gone: Deferred[None] | None = None
        self._broken = False

    def write(self, data: bytes) -> None:
        """Print it at once. Raises `BrokenPipeError` outside of `unless_gone`."""
        if not data or self._broken:
            return
        try:
            self._out.write(data)
            self._out.flush()
        except BrokenPipeError:
            if self._gone is None:
                raise
            self._broken = True
            self._gone.cancel()

    async def unless_gone(self, work: Any) -> None:
        """Await `work`, and cancel it when nobody reads; that is no failure."""
        self._gone = Deferred.fromCoroutine(work)
        try:
            await self._gone
        except CancelledError:
            if not self._broken:
                raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="llama-swap logs",
        description="Print the log of a running server, or of one of its models.",
        epilog="Exit status: 0 at the end (^C too), 1 no answer, 2 wrong usage.",
    )
    parser.add_argument(
        "source",
        nargs="?",
        metavar="MODEL",
        help="a model or a name of it; proxy: the server's own lines; upstream: all models (default: what the server "
        "prints itself, see logToStdout)",
    )
    parser.add_argument(
        "--follow", "-f", action="store_true", help="go on with what is written, until ^C; connects again when it must"
    )
    add_server(parser)
    return parser
