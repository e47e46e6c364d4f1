"""All log sources of one server, and which of them feeds which (http-api section 17).

It owns the monitors, which live as long as their model is known, and the observer of Twisted's log while it is started.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from twisted.logger import Logger, LogLevel, LogPublisher

from llamaswap.config.schema import Settings
from llamaswap.ids import ModelId
from llamaswap.logs.monitor import Monitor
from llamaswap.logs.observers import UPSTREAM, OutputEvents, ProxyLines, threshold


class Logs:
    """The proxy's, the models' and the combined log.

    A model's log belongs to its name: history survives restarts of the model. `logToStdout` says what `combined`
    holds and whether models' output is passed to the process's own log as well.
    """

    log = Logger()

    def __init__(self, settings: Settings, publisher: LogPublisher) -> None:
        self.proxy = Monitor()
        self.upstream = Monitor()
        self.combined = Monitor()
        self._publisher = publisher
        self._to_stdout = settings.log_to_stdout
        self._lowest = threshold(settings.log_level)
        self._observer = ProxyLines(self.proxy.write, self._lowest, settings.log_time_format)
        self._echo = settings.log_to_stdout in ("upstream", "both")
        self._output = Logger(namespace=UPSTREAM, observer=publisher)
        self._models: dict[ModelId, Monitor] = {}
        if settings.log_to_stdout in ("proxy", "both"):
            self.proxy.subscribe(self.combined.write)
        if self._echo:
            self.upstream.subscribe(self.combined.write)

    def configure(self, settings: Settings) -> None:
        """Take on the level and the stamps; which source feeds which was settled at the start."""
        self._lowest = threshold(settings.log_level)
        self._observer.configure(self._lowest, settings.log_time_format)
        if settings.log_to_stdout != self._to_stdout:
            self.log.warn("logToStdout stays `{before}` until the server is restarted", before=self._to_stdout)

    def keep(self, models: Collection[ModelId]) -> None:
        """Forget what all other models said, unless somebody follows it: their model may come back."""
        self._models = {
            model: monitor for model, monitor in self._models.items() if model in models or monitor.followers > 1
        }

    def start(self) -> None:
        """Record the process's log events from now on."""
        self._publisher.addObserver(self._observer)

    def stop(self) -> None:
        """Record no more events. Harmless when not started."""
        self._publisher.removeObserver(self._observer)

    def shows(self, level: LogLevel) -> bool:
        """Lines of `level` are wanted (`logLevel`)."""
        return bool(level >= self._lowest)

    def model(self, model: ModelId) -> Monitor:
        """The log of one model; what is written to it is also in `upstream`."""
        if (monitor := self._models.get(model)) is None:
            monitor = self._models[model] = Monitor()
            monitor.subscribe(self.upstream.write)
        return monitor

    def output(self, model: ModelId) -> Callable[[bytes], None]:
        """Where the model's processes write: its log, and the process's own if that is wanted. `b""` ends a line."""
        monitor = self.model(model)
        if not self._echo:
            return monitor.write
        events = OutputEvents(model, self._output)

        def write(data: bytes) -> None:
            monitor.write(data)
            events.write(data)

        return write
