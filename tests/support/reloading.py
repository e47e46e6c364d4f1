"""A server that takes its configuration file anew at SIGHUP, as a program and as a `Live` of tests.

python -m tests.support.reloading CONFIG PORT
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.logger import globalLogBeginner, textFileLogObserver

from llamaswap.config.load import load
from llamaswap.config.schema import Settings
from llamaswap.config.source import Source
from llamaswap.service import LlamaSwap
from tests.support.live import Live, eventually
from tests.support.ports import free_ports

ROOT = Path(__file__).parent.parent.parent
APPLIED = "configuration applied"


class ReloadingServer(Live):
    """The program on a port of its own, with `configuration` in a file in `folder`."""

    def __init__(self, configuration: str, folder: Path) -> None:
        self._file = folder / "config.yaml"
        self._file.write_text(configuration)
        port = free_ports()
        kept = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder / "state")}
        environ = {**os.environ, **kept, "PYTHONPATH": str(ROOT)}
        super().__init__((sys.executable, "-m", __name__, str(self._file), str(port)), port, env=environ)

    def reload(self, configuration: str) -> str:
        """Have `configuration` applied; returns the line that the log has of it."""
        before = self.output().count(APPLIED)
        self._file.write_text(configuration)
        self.process.send_signal(signal.SIGHUP)
        for _ in eventually():
            lines = [line for line in self.output().splitlines() if APPLIED in line]
            if len(lines) > before:
                return lines[-1].partition(f"{APPLIED}: ")[2]
        raise AssertionError


def main() -> None:
    """Serve until SIGTERM."""
    from twisted.internet import reactor as global_reactor

    reactor: Any = global_reactor
    path, port = sys.argv[1:]

    def read(previous: Settings | None = None) -> Settings:
        return load([Source(path, Path(path).read_text())], environ=os.environ, previous=previous)

    def reload() -> None:
        llamaswap.reconfigure(read(llamaswap.settings))

    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stdout)], redirectStandardIO=False)
    llamaswap = LlamaSwap(read(), reactor)
    llamaswap.service.startService()
    reactor.addSystemEventTrigger("before", "shutdown", llamaswap.service.stopService)
    listening = TCP4ServerEndpoint(reactor, int(port), interface="127.0.0.1").listen(llamaswap.factory)
    listening.addCallback(llamaswap.close_first)
    reactor.callWhenRunning(signal.signal, signal.SIGHUP, lambda *_: reactor.callFromThread(reload))
    reactor.run()


if __name__ == "__main__":
    main()
