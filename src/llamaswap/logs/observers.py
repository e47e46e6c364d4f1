"""Between Twisted's log and our monitors: events become lines of the proxy log, models' output becomes events.

It decides which events belong to the server's own log and how they read; it keeps no history.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent
from twisted.python.failure import Failure
from zope.interface import implementer

from llamaswap.logs.lines import escape, format_line, stamp

UPSTREAM = "llamaswap.upstream"
"""Namespace of models' output on its way to the server's stdout; the proxy log never shows it."""

LONGEST_LINE = 8192
"""A model's line is handed on in pieces of this size when it does not end."""
MOST_LINES = 100
"""Lines of one read of a model's output that are handed on."""

_LEVELS = {"debug": LogLevel.debug, "warn": LogLevel.warn, "error": LogLevel.error}


def threshold(log_level: str) -> LogLevel:
    """The level that `logLevel` asks for; whatever it does not know means info (configuration section 7)."""
    level: LogLevel = _LEVELS.get(log_level.strip().lower(), LogLevel.info)
    return level


@implementer(ILogObserver)
class ProxyLines:
    """Writes the server's own events as lines.

    Its own are those of the namespace `llamaswap`, and errors from anywhere: a failed Deferred of ours is reported
    in Twisted's name.
    """

    def __init__(self, write: Callable[[bytes], None], lowest: LogLevel, time_format: str) -> None:
        self._write = write
        self.configure(lowest, time_format)

    def configure(self, lowest: LogLevel, time_format: str) -> None:
        """Write events of this level or above, with a stamp of this format in front."""
        self._lowest = lowest
        self._time_format = time_format

    def __call__(self, event: LogEvent) -> None:
        level: LogLevel = event.get("log_level") or LogLevel.info
        if level < self._lowest or not _is_ours(event.get("log_namespace") or "", level):
            return
        name = "ERROR" if level >= LogLevel.error else level.name.upper()
        self._write(format_line(name, formatEvent(event), self._stamp(event)))
        failure = event.get("log_failure")
        if isinstance(failure, Failure):
            self._write(_traceback(failure))

    def _stamp(self, event: LogEvent) -> str:
        when = event.get("log_time")
        if when is None or not self._time_format:
            return ""
        return stamp(self._time_format, datetime.fromtimestamp(when).astimezone())


def _is_ours(namespace: str, level: LogLevel) -> bool:
    if namespace == UPSTREAM:
        return False
    return level >= LogLevel.error or namespace == "llamaswap" or namespace.startswith("llamaswap.")


def _traceback(failure: Failure) -> bytes:
    """The failure's traceback, indented so that no text in it can pass for a line of the log."""
    lines = failure.getTraceback().splitlines()
    return "".join(f"    {escape(line)}\n" for line in lines).encode(errors="backslashreplace")


class OutputEvents:
    """Turns one model's output into log events, a line each, so that it reaches stdout in `--log-format`."""

    def __init__(self, model: str, log: Logger) -> None:
        self._model = model
        self._log = log
        self._rest = b""

    def write(self, data: bytes) -> None:
        """Emit the lines that are complete, and keep the rest; `b""` is the end, which completes it.

        Of a flood only so many lines are shown that the server has time for its clients (W-30); the monitors have all.
        """
        if not data and self._rest:
            data = b"\n"
        *lines, rest = (self._rest + data).split(b"\n")
        while len(rest) > LONGEST_LINE:
            lines.append(rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE:]
        self._rest = rest
        for line in lines[:MOST_LINES]:
            text = escape(line.decode("utf-8", "backslashreplace").rstrip("\r"))
            self._log.info("{model}: {line}", model=self._model, line=text)
        if len(lines) > MOST_LINES:
            self._log.info("{model}: — {dropped} lines dropped —", model=self._model, dropped=len(lines) - MOST_LINES)
