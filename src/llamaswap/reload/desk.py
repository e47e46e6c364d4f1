"""Where the configuration is edited: what its files hold, what would come of other texts, and a text put into force.

What takes long is done in a thread; one text is saved at a time. It does not know who may do this (`web/editing.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from llamaswap.backends.waiters import Waiters
from llamaswap.config.difference import Difference, difference
from llamaswap.config.masking import shown_names
from llamaswap.config.originals import Facts, Originals, Text, encoded
from llamaswap.config.outcome import Checked, Outcome, Rejected, Saved
from llamaswap.config.schema import Settings
from llamaswap.errors import ConfigurationError
from llamaswap.threads import InThread


class Read(Protocol):
    """Reads settings (`Files.load`)."""

    def __call__(self, *, previous: Settings, instead: Mapping[str, str]) -> Settings: ...


class Desk:
    """The files `originals`, read with `read`; `reload` puts into force what they say."""

    log = Logger()

    def __init__(
        self,
        originals: Originals,
        read: Read,
        current: Callable[[], Settings],
        reload: Callable[[str], Deferred[Outcome]],
        in_thread: InThread,
    ) -> None:
        self._originals = originals
        self._read = read
        self._current = current
        self._reload = reload
        self._in_thread = in_thread
        self._saving = DeferredLock()

    def facts(self) -> Deferred[list[Facts]]:
        """Fires with what is known of each file."""
        return self._in_thread(self._originals.facts)

    def text(self, id: str) -> Deferred[Text]:
        """Fires with what a file holds. Fails with the `Refusal` of `Originals.text`."""
        return self._in_thread(partial(self._originals.text, id))

    def check(self, texts: Mapping[str, str]) -> Deferred[Checked | Rejected]:
        """Fires with what the files would mean with these texts, by ID. Nothing is written.

        Fails with a `Refusal` for an ID or a text that is none.
        """
        return self._in_thread(partial(self._checked, texts, self._current()))

    def save(self, id: str, text: str, hash: str, who: str) -> Deferred[Saved | Rejected]:
        """Write a good text in place of the one with this `hash`, and have the configuration read again.

        `who` is the name of an API key, for the log. Fires with what came of it; when the text is no good, nothing was
        written. Fails with a `Refusal`, such as `FileChanged`. Cancelling gives up the wait only: what was begun is
        brought to its end.
        """
        waiting: Waiters[Saved | Rejected] = Waiters()
        fired = waiting.add()
        Deferred.fromCoroutine(self._save_for(waiting, id, text, hash, who))
        return fired

    async def _save_for(self, waiting: Waiters[Saved | Rejected], id: str, text: str, hash: str, who: str) -> None:
        try:
            waiting.fire(await self._save(id, text, hash, who))
        except Exception as error:
            waiting.fail(error)

    async def _save(self, id: str, text: str, hash: str, who: str) -> Saved | Rejected:
        await self._saving.acquire()
        try:
            written = await self._in_thread(partial(self._write, id, text, hash, self._current()))
            if isinstance(written, Rejected):
                return written
            self.log.info("a file of the configuration was written with the API key {who}", who=who)
            return Saved(written, await self._reload(f"edited with the API key {who}"))
        finally:
            self._saving.release()

    def _write(self, id: str, text: str, hash: str, current: Settings) -> str | Rejected:
        self._originals.check(id, hash)
        checked = self._checked({id: text}, current)
        return checked if isinstance(checked, Rejected) else self._originals.write(id, text, hash)

    def _checked(self, texts: Mapping[str, str], current: Settings) -> Checked | Rejected:
        for text in texts.values():
            encoded(text)
        try:
            settings = self._read(previous=current, instead=self._originals.paths(texts))
        except ConfigurationError as error:
            return Rejected(error.problems, tuple(map(str, error.warnings)))
        changes = difference(current, settings)
        touched = {*changes.added, *changes.changed, *changes.adjusted}
        untouched = (id for id in settings.models if id not in touched)
        return Checked(_shown(changes, current, settings), shown_names(untouched, settings), settings.warnings)


def _shown(changes: Difference, old: Settings, new: Settings) -> Difference:
    """With no secret of the environment in a model's name."""
    return Difference(
        added=shown_names(changes.added, new),
        removed=shown_names(changes.removed, old),
        changed=shown_names(changes.changed, new),
        adjusted=shown_names(changes.adjusted, new),
        settings=changes.settings,
    )
