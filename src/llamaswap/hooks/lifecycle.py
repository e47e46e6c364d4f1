"""The hooks of `hooks:` at the turns of every model's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.logger import Logger

from llamaswap.backends.child import Output
from llamaswap.backends.host import Host
from llamaswap.backends.interface import Attendance
from llamaswap.config.commands import split_command
from llamaswap.config.schema import Hook, Model
from llamaswap.errors import StartFailed
from llamaswap.hooks.commands import Commands
from llamaswap.hooks.occasions import Occasion, due
from llamaswap.hooks.webhook import post
from llamaswap.ids import ModelId
from llamaswap.wire.upstream import Upstream


class LifecycleHooks(Attendance):
    """Runs the `hooks` in force, those of one moment one after the other.

    What commands write goes to the `output` of the model.
    """

    _log = Logger()

    def __init__(
        self,
        host: Host,
        output: Callable[[ModelId], Output],
        hooks: Callable[[], Mapping[str, tuple[Hook, ...]]],
    ) -> None:
        self._host = host
        self._output = output
        self._hooks = hooks
        self._commands = Commands(host)
        self._killed = False

    async def before_load(self, model: Model, why: str) -> None:
        await self._run("before_load", model, why)

    async def after_load(self, model: Model, upstream: Upstream) -> None:
        await self._run("after_load", model, "load")

    async def before_unload(self, model: Model, upstream: Upstream, why: str) -> None:
        await self._run("before_unload", model, why)

    async def after_unload(self, model: Model, why: str) -> None:
        await self._run("after_unload", model, why)

    def kill(self) -> None:
        """SIGKILL every command this instant, and run no hooks any more."""
        self._killed = True
        self._commands.kill()

    def over(self) -> Deferred[None]:
        """Fires when nothing is left of any command, those included that were cancelled."""
        return self._commands.over()

    async def _run(self, moment: str, model: Model, why: str) -> None:
        """Run the hooks of one moment. Raises `StartFailed` when one fails without which the model is not loaded."""
        occasion = Occasion(moment, model.id, why, self._host.clock.seconds())
        for name, hook in due(self._hooks(), occasion):
            if self._killed:
                return
            problem = await self._perform(hook, occasion)
            if problem is None:
                continue
            self._log.warn("{model}: {hook} failed: {problem}", model=model.id, hook=name, problem=problem)
            if hook.required and occasion.can_be_refused:
                raise StartFailed(f"{name} failed: {problem}")

    async def _perform(self, hook: Hook, occasion: Occasion) -> str | None:
        """Returns what went wrong, or None."""
        try:
            return await (self._command(hook, occasion) if hook.command else self._post(hook, occasion))
        except CancelledError:
            raise
        except Exception as error:
            self._log.failure("a hook of {moment} broke off", moment=occasion.moment)
            return f"{type(error).__name__}: {error}"

    async def _command(self, hook: Hook, occasion: Occasion) -> str | None:
        words, output = split_command(hook.command), self._output(occasion.model)
        return await self._commands.run(words, occasion.model, occasion.variables, output, hook.timeout)

    async def _post(self, hook: Hook, occasion: Occasion) -> str | None:
        posting = Deferred.fromCoroutine(post(self._host.connect, hook.webhook, occasion.json))
        try:
            return await posting.addTimeout(hook.timeout, self._host.clock)
        except TimeoutError:
            return f"took longer than {hook.timeout:g} s"
