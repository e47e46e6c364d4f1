"""What the pool asks of a backend, whatever kind it is: a local process, a peer, a remote launcher."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred

from llamaswap.config.schema import Model
from llamaswap.notices import State
from llamaswap.wire.upstream import Upstream


class Backend(Protocol):
    """One model's server and its life (lifecycle section 2)."""

    @property
    def form(self) -> Model:
        """What it runs, or would."""

    @property
    def state(self) -> State: ...
    @property
    def upstream(self) -> Upstream | None:
        """Where requests go; None unless `state` is ready."""

    @property
    def pid(self) -> int | None:
        """The process that its command became; None while it has none."""

    def adapt(self, form: Model) -> None:
        """Be of this form from now on, which is launched alike: a server that runs is not touched."""

    def ensure_ready(self) -> Deferred[Upstream]:
        """Fires when the model is ready, starting it if need be; waits for a stop that is under way first.

        Fails with a `Refusal`: `StartFailed`, with cause "aborted" when a stop interrupted the start, `ShuttingDown`
        after `close`, or what this kind of backend has to say. Cancelling gives up the wait only: the start goes on.
        """

    def stop(self, grace: float) -> Deferred[None]:
        """Fires when no process of the model is left: at once when none runs; never fails.

        A start under way is aborted. `grace` seconds lie between the polite stop and the kill; a stop already
        under way keeps its own.
        """

    def close(self, grace: float) -> Deferred[None]:
        """As `stop`, and the model never starts again (state `shutdown`)."""

    def kill(self) -> None:
        """SIGKILL everything of it this instant, without waiting: the last resort of a forced exit."""


class Attendant(Protocol):
    """Is there at the turns of every model's life, while the swap or stop waits for it.

    Each attendant bounds its own time and logs its own failures; what else it raises, but for a `Refusal`, is logged
    and counts for nothing. All are called in one order. Cancelling ends its work at once: a load was given up, the
    model died, or the server's end leaves no more time. `why` is a word: `evict`, `unload`, `ttl`, `reload` or
    `shutdown`; `crash` and `abandon` for an unload that nobody could prepare; for a load `load`.
    """

    async def before_load(self, model: Model, why: str) -> None:
        """What it evicts is gone, and it is about to start. Raises `Refusal` to prevent that."""

    async def after_load(self, model: Model, upstream: Upstream) -> None:
        """It is ready, and nobody has been granted a place yet. Raises `Refusal` to have it stopped again."""

    async def before_unload(self, model: Model, upstream: Upstream, why: str) -> None:
        """It is ready and about to stop; nobody is granted a place any more. At a `shutdown` it has half the grace."""

    async def before_stop(self, model: Model) -> None:
        """Its processes are about to be stopped, whether it was ready or not; not so at a `shutdown`."""

    async def after_stop(self, model: Model) -> None:
        """They are gone. `before_stop` was called for them."""

    async def after_unload(self, model: Model, why: str) -> None:
        """It was ready, and nothing of it is left; also after it died by itself (`why`: `crash`), and after its load
        was given up or refused when it was ready already (`abandon`): `before_unload` was not called for these."""


class Attendance:
    """An attendant that does nothing: for those that only care for some of the turns."""

    async def before_load(self, model: Model, why: str) -> None:
        return None

    async def after_load(self, model: Model, upstream: Upstream) -> None:
        return None

    async def before_unload(self, model: Model, upstream: Upstream, why: str) -> None:
        return None

    async def before_stop(self, model: Model) -> None:
        return None

    async def after_stop(self, model: Model) -> None:
        return None

    async def after_unload(self, model: Model, why: str) -> None:
        return None
