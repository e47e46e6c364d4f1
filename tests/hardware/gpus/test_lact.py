"""LACT's daemon: what it answers, and one that answers oddly, on a real socket."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from llamaswap.hardware.gpus import lact
from llamaswap.hardware.gpus.lact import Ask, LactSource, card, conversation, socket_path
from llamaswap.hardware.gpus.source import SourceFailed
from tests.support.machines import gpu

ID = "1002:744C-1DA2:E471-0000:2d:00.0"
DEVICES = [{"id": ID, "name": "Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M]"}, {"id": "8086:A780-1043:8882-0000:00:02.0"}]
STATS = {
    "fan": {"control_enabled": False, "pwm_current": 51, "speed_current": 700, "speed_max": 3300},
    "clockspeed": {"gpu_clockspeed": 2100, "vram_clockspeed": 1249},
    "vram": {"total": 25753026560, "used": 12876513280},
    "power": {"average": 120.5, "current": 130.0, "cap_current": 339.0},
    "temps": {
        "edge": {"current": 51.0, "crit": 100.0, "crit_hyst": -273.15},
        "junction": {"current": 60.0, "crit": 110.0, "crit_hyst": -273.15},
        "mem": {"current": 66.0, "crit": 108.0, "crit_hyst": -273.15},
    },
    "busy_percent": 73,
}
NO_MEMORY: Mapping[str, Any] = {"vram": {"total": None, "used": None}, "busy_percent": 4}


def answers(stats: Mapping[str, Any]) -> Callable[[], Any]:
    """A daemon with these statistics by device."""

    @contextmanager
    def talk() -> Iterator[Ask]:
        def ask(command: str, args: Mapping[str, Any] | None = None) -> Any:
            return DEVICES if command == "list_devices" else stats[(args or {})["id"]]

        yield ask

    return talk


def test_cards() -> None:
    """Numbered as they are listed; one without memory of its own is left out."""
    source = LactSource(answers({ID: STATS, DEVICES[1]["id"]: NO_MEMORY}))
    source.open()
    (only,) = source.read(2.5, {1})
    assert only == gpu(
        0,
        2.5,
        name="Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M]",
        uuid=ID,
        temp_c=51,
        vram_temp_c=66,
        gpu_util_pct=73.0,
        mem_util_pct=50.0,
        fan_speed_pct=20.0,
        mem_used_mb=12280,
        mem_total_mb=24560,
        power_draw_w=120.5,
    )
    with pytest.raises(SourceFailed, match="memory of its own"):
        LactSource(answers({ID: NO_MEMORY, DEVICES[1]["id"]: NO_MEMORY})).open()


def test_other_spellings() -> None:
    """Without an average the current power; any temperature there is; `VRAM` of NVIDIA's cards."""
    stats = {
        **STATS,
        "power": {"average": 0, "current": 44},
        "temps": {"GPU": {"current": 33}, "VRAM": {"current": 88}},
    }
    found = card(3, {"id": "x"}, stats, 0)
    assert found is not None
    assert (found.id, found.name, found.power_draw_w, found.temp_c, found.vram_temp_c) == (3, "x", 44, 33, 88)
    junction = card(0, {"id": "x"}, {**STATS, "temps": {"junction": {"current": 70}}}, 0)
    assert junction is not None and (junction.temp_c, junction.vram_temp_c) == (70, 0)


@pytest.mark.parametrize(
    "odd", [None, [], "x", 5, {"vram": 3}, {"vram": {"total": "many"}}, {"vram": {"total": float("nan")}}]
)
def test_statistics_that_are_none(odd: Any) -> None:
    """They make no card."""
    assert card(0, {"id": "x"}, odd, 0) is None


@pytest.mark.parametrize(
    "odd", [None, [], "x", {"edge": None}, {"edge": {"current": "hot"}}, {"edge": {"current": True}}]
)
def test_parts_that_are_none(odd: Any) -> None:
    """They cost their own figure."""
    found = card(0, {"id": "x"}, {**STATS, "temps": odd, "fan": odd, "power": odd, "busy_percent": odd}, 0)
    assert found is not None and (found.temp_c, found.fan_speed_pct, found.power_draw_w) == (0, 0, 0)


def test_absurd_figures() -> None:
    """Nothing is less than none, and no share more than all."""
    stats = {
        "vram": {"total": 1 << 30, "used": -5},
        "busy_percent": 4000,
        "fan": {"pwm_current": -1},
        "power": {"average": -3, "current": -4},
    }
    sample = card(0, {"id": "a"}, stats, 1.0)
    assert sample is not None
    shares = sample.mem_util_pct, sample.gpu_util_pct, sample.fan_speed_pct
    assert (sample.mem_used_mb, shares, sample.power_draw_w) == (0, (0.0, 100.0, 0.0), 0.0)


def test_where_it_listens() -> None:
    """The variable counts where there is something."""
    with tempfile.NamedTemporaryFile() as file:
        assert socket_path({"LACT_DAEMON_SOCKET_PATH": file.name}) == file.name
    if not any(Path(place).exists() for place in ("/run/lactd.sock",)):
        with pytest.raises(SourceFailed, match="no socket"):
            socket_path({"LACT_DAEMON_SOCKET_PATH": "/nowhere/lactd.sock"})


@contextmanager
def daemon(*lines: bytes) -> Iterator[str]:
    """Listens, and answers the questions of one connection with `lines`; the path of its socket."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path = f"{folder}/lactd.sock"
        server.bind(path)
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as stream:
                for line in lines:
                    asked = json.loads(stream.readline())
                    assert asked["command"] in ("list_devices", "device_stats")
                    try:
                        stream.write(line)
                        stream.flush()
                    except OSError:
                        return

        thread = Thread(target=serve)
        thread.start()
        yield path
        thread.join()


def ok(data: Any) -> bytes:
    return json.dumps({"status": "ok", "data": data}).encode() + b"\n"


def test_on_the_wire() -> None:
    """One line a question, one line an answer."""
    with daemon(ok(DEVICES[:1]), ok(STATS)) as path:
        (only,) = LactSource(environ={"LACT_DAEMON_SOCKET_PATH": path}).read(0, ())
    assert only.mem_total_mb == 24560


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"status":"error","data":"no"}\n', "does not answer"),
        (b"[]\n", "does not answer"),
        (b"nonsense\n", "LACT"),
        (b"\xff\xfe\n", "LACT"),
        (b"[" * 100_000 + b"\n", "LACT"),
        (b"half", "broke off"),
        (b"x" * (lact.MOST + 2), "too much"),
    ],
)
def test_odd_answers(line: bytes, why: str) -> None:
    """They are a failure of the source, and end the conversation."""
    with daemon(line) as path, pytest.raises(SourceFailed, match=why):
        LactSource(environ={"LACT_DAEMON_SOCKET_PATH": path}).read(0, ())


def test_one_that_never_answers() -> None:
    """It is not waited for longer than its time."""
    with socket.socket(socket.AF_UNIX) as server, tempfile.TemporaryDirectory() as folder:
        server.bind(path := f"{folder}/s")
        server.listen()
        with pytest.raises(SourceFailed, match="timed out"):
            LactSource(lambda: conversation(path, 0.05)).read(0, ())


def test_nobody_listens() -> None:
    """A socket that is left over."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path := f"{folder}/s")
        with pytest.raises(SourceFailed, match="refused"):
            LactSource(environ={"LACT_DAEMON_SOCKET_PATH": path}).open()
