"""The daemon of LACT, on its Unix socket: lines of JSON, asked and answered in turn (http-api section 18.1)."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import Any, Protocol

from llamaswap.hardware.gpus.figures import percent
from llamaswap.hardware.gpus.source import SourceFailed
from llamaswap.hardware.samples import GpuSample
from llamaswap.units import MIB

CONNECT = 2.0
"""Seconds until there is a connection."""
TALK = 5.0
"""Seconds for all that is said on it."""
MOST = 1 << 20
"""Bytes of one answer."""
_EDGE = ("edge", "junction")
_MEMORY = ("mem", "VRAM")


class Ask(Protocol):
    """Puts one question; returns its data. Raises `SourceFailed`."""

    def __call__(self, command: str, args: Mapping[str, Any] | None = None) -> Any: ...


Talk = Callable[[], AbstractContextManager[Ask]]


class LactSource:
    """Satisfies `GpuSource`. Connects for each look, so that a daemon may start again at any time."""

    name = "LACT"

    def __init__(self, talk: Talk | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._talk: Talk = talk or (lambda: conversation(socket_path(environ)))

    def open(self) -> None:
        self.read(0.0, ())

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        with self._talk() as ask:
            samples = list(_cards(ask, when))
        if not samples:
            raise SourceFailed("LACT lists no GPU with memory of its own")
        return samples

    def close(self) -> None:
        """There is nothing to give back."""


def socket_path(environ: Mapping[str, str]) -> str:
    """Where the daemon listens. Raises `SourceFailed` where it does not."""
    places = (environ.get("LACT_DAEMON_SOCKET_PATH", ""), "/run/lactd.sock", f"/run/user/{os.getuid()}/lactd.sock")
    path = next((place for place in places if place and os.path.exists(place)), None)
    if path is None:
        raise SourceFailed("there is no socket of LACT")
    return path


@contextmanager
def conversation(path: str, seconds: float = TALK) -> Iterator[Ask]:
    """A connection to the daemon at `path`, for one look: all that is said has `seconds`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(CONNECT)
            connection.connect(path)
            yield _Asked(connection, monotonic() + seconds)
        except (OSError, ValueError, RecursionError) as error:  # the latter two: what it says is no JSON
            raise SourceFailed(f"LACT: {error}") from error


class _Asked:
    """Satisfies `Ask`."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection = connection
        self._end = end

    def __call__(self, command: str, args: Mapping[str, Any] | None = None) -> Any:
        question = {"command": command, **({"args": args} if args else {})}
        self._hurry()
        self._connection.sendall(json.dumps(question).encode() + b"\n")
        answer = json.loads(self._line())
        if not isinstance(answer, dict) or answer.get("status") != "ok":
            raise SourceFailed(f"LACT does not answer {command}")
        return answer.get("data")

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            self._hurry()
            piece = self._connection.recv(65536)
            line += piece
            if not piece or len(line) > MOST:
                raise SourceFailed("LACT broke off" if not piece else "LACT says too much")
        return line

    def _hurry(self) -> None:
        self._connection.settimeout(max(0.001, self._end - monotonic()))


def _cards(ask: Ask, when: float) -> Iterator[GpuSample]:
    listed = ask("list_devices")
    for number, device in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(device, dict) and isinstance(device.get("id"), str):
            sample = card(number, device, ask("device_stats", {"id": device["id"]}), when)
            if sample is not None:
                yield sample


def card(number: int, device: Mapping[str, Any], stats: Any, when: float) -> GpuSample | None:
    """What the daemon's answers say of a card; None of one without memory of its own."""
    memory, fan, power, temps = (_part(stats, name) for name in ("vram", "fan", "power", "temps"))
    used, total = _amount(memory.get("used")), _amount(memory.get("total"))
    if total <= 0:
        return None
    return GpuSample(
        when=when,
        id=number,
        name=str(device.get("name") or device["id"]),
        uuid=device["id"],
        temp_c=_celsius(temps, _EDGE, any_other=True),
        vram_temp_c=_celsius(temps, _MEMORY),
        gpu_util_pct=percent(_amount(_part(stats).get("busy_percent")), 100),
        mem_util_pct=percent(used, total),
        fan_speed_pct=percent(_amount(fan.get("pwm_current")), 255),
        mem_used_mb=int(used) // MIB,
        mem_total_mb=int(total) // MIB,
        power_draw_w=_amount(power.get("average")) or _amount(power.get("current")),
    )


def _part(value: Any, *names: str) -> Mapping[str, Any]:
    """The mapping at `names` in `value`; an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e18
    return float(value) if known else 0.0


def _amount(value: Any) -> float:
    return max(0.0, _number(value))


def _celsius(temps: Mapping[str, Any], names: Sequence[str], *, any_other: bool = False) -> int:
    for name in (*names, *(temps if any_other else ())):
        value = temps.get(name)
        if found := _number(value.get("current") if isinstance(value, dict) else value):
            return int(found)
    return 0
