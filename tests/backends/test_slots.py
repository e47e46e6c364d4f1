"""Slots saved and restored on an engine in memory, with files in a folder of the test's own."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.interface import Attendant
from llamaswap.backends.slots import SlotKeeper
from llamaswap.config.schema import Model, Slots
from llamaswap.ids import ModelId
from llamaswap.wire.upstream import Upstream
from tests.support.wire import MemoryTransport, MemoryUpstream


class Engine:
    """Answers what is asked about its slots: tokens by number. It writes its files into `folder`."""

    def __init__(self, folder: Path, tokens: dict[int, int]) -> None:
        self.upstream = MemoryUpstream()
        self.folder = folder
        self.tokens = tokens
        self.asked: list[tuple[str, str]] = []
        """Each request for an action, and the file it names."""
        self.busy: set[int] = set()
        self.refusal: tuple[int, object] | None = None

    def serve(self) -> None:
        """Answer until nothing is asked any more; what concerns a busy slot is not answered."""
        while self.upstream.connections and (request := self._take()):
            head, _, body = request.partition(b"\r\n\r\n")
            target = head.split()[1].decode().removeprefix("/base")
            answer = self._answer(target, json.loads(body) if body else None)
            if answer is None:
                return
            status, told = answer
            text = json.dumps(told).encode()
            self.upstream.last.dataReceived(
                b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(text), text)
            )

    def _take(self) -> bytes:
        return cast(MemoryTransport, self.upstream.last.transport).take()

    def _answer(self, target: str, body: Any) -> tuple[int, object] | None:
        if target == "/slots":
            return self.refusal or (200, [{"id": slot, "is_processing": slot in self.busy} for slot in self.tokens])
        path, _, action = target.partition("?action=")
        slot, name = int(path.removeprefix("/slots/")), body["filename"]
        self.asked.append((f"{action} {slot}", name))
        if slot in self.busy:
            return None
        if action == "save":
            (self.folder / name).write_bytes(b"x" * (10 + self.tokens[slot]))
            return self.refusal or (200, {"n_saved": self.tokens[slot]})
        content = (self.folder / name).read_bytes()
        if content == b"junk":
            return 400, {"error": {"message": "invalid\nslot save file"}}
        return 200, {"n_restored": len(content) - 10}


class SlotCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name) / "new" / "kept"
        self.keeper = SlotKeeper(lambda work: execute(work), self.clock)
        self.attendant: Attendant = self.keeper
        self.model = self.form()
        self.lines: list[str] = []

    def form(self, **more: Any) -> Model:
        given = {"cmd": "server", "slots": Slots(save=str(self.folder), timeout=5), **more}
        return Model(id=ModelId("a/b"), **given)

    def engine(self, tokens: dict[int, int]) -> Engine:
        return Engine(self.folder, tokens)

    def turn(self, work: Coroutine[Any, Any, None], engine: Engine | None = None) -> Deferred[None]:
        """One turn of an attendant; its lines in the log are kept."""
        with capturedLogs() as events:
            done = Deferred.fromCoroutine(work)
            if engine is not None:
                engine.serve()
        self.lines += [str(formatEvent(event)) for event in events]
        return done

    def load(self, engine: Engine) -> None:
        self.successResultOf(self.turn(self.attendant.before_load(self.model, "load")))
        self.successResultOf(self.turn(self.attendant.after_load(self.model, cast(Upstream, engine.upstream)), engine))

    def unload(self, engine: Engine) -> None:
        leave = self.attendant.before_unload(self.model, cast(Upstream, engine.upstream), "evict")
        self.successResultOf(self.turn(leave, engine))
        self.successResultOf(self.turn(self.attendant.after_unload(self.model, "evict")))

    def files(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir())


class KeepTests(SlotCase):
    """There and back."""

    def test_slots_with_tokens_are_saved_and_restored(self) -> None:
        """Each to its slot; an empty one leaves no file; the directory is made, for its owner only."""
        first = self.engine({0: 0, 1: 64, 3: 7})
        self.load(first)
        self.assertEqual((self.files(), first.asked), ([], []))
        self.assertEqual(self.folder.stat().st_mode & 0o777, 0o700)
        self.unload(first)
        self.assertEqual([asked for asked, _ in first.asked], ["save 0", "save 1", "save 3"])
        self.assertEqual(len(self.files()), 2)
        second = self.engine({0: 0, 1: 0, 2: 0, 3: 0})
        self.load(second)
        self.assertEqual([asked for asked, _ in second.asked], ["restore 1", "restore 3"])
        self.assertEqual([name for _, name in second.asked], self.files())
        self.assertEqual(self.lines, ["a/b: saved 71 tokens of 2 slots", "a/b: restored 71 tokens of 2 slots"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_another_launch(self) -> None:
        """It restores nothing of the one before, and its next unload removes those files."""
        first = self.engine({0: 5})
        self.load(first)
        self.unload(first)
        before = self.files()
        self.model = self.form(env=("A=1",))
        second = self.engine({0: 6})
        self.load(second)
        self.assertEqual(second.asked, [])
        self.unload(second)
        self.assertEqual(len(self.files()), 1)
        self.assertNotEqual(self.files(), before)

    def test_too_much(self) -> None:
        """The oldest files go; what lies beside them is not ours."""
        self.model = self.form(slots=Slots(save=str(self.folder), max_bytes=150))
        engine = self.engine({0: 100})
        self.load(engine)
        (self.folder / "notes.txt").write_bytes(b"n" * 1000)
        self.unload(engine)
        self.assertEqual(len(self.files()), 2)
        self.model = self.form(slots=Slots(save=str(self.folder), max_bytes=100))
        self.load(engine)
        self.unload(engine)
        self.assertEqual(self.files(), ["notes.txt"])

    def test_switched_on_while_it_runs(self) -> None:
        """The names are those of what is configured now."""
        engine = self.engine({0: 5})
        self.folder.mkdir(parents=True)
        self.unload(engine)
        self.assertEqual(len(self.files()), 1)

    def test_off(self) -> None:
        """Nothing is asked and nothing made."""
        self.model = self.form(slots=None)
        engine = self.engine({0: 5})
        self.load(engine)
        self.unload(engine)
        self.assertEqual((engine.asked, self.folder.exists(), self.lines), ([], False, []))


class FailureTests(SlotCase):
    """Nothing here fails a load or a stop."""

    def test_a_damaged_file_is_dropped(self) -> None:
        """The others are restored all the same; one line says why."""
        engine = self.engine({0: 5, 1: 6, 2: 7})
        self.load(engine)
        self.unload(engine)
        for name in self.files()[:2]:
            (self.folder / name).write_bytes(b"junk")
        self.load(engine)
        self.assertEqual(len(self.files()), 1)
        self.assertEqual(self.lines[-2:-1], ["a/b: restored 7 tokens of 1 slots"])
        self.assertIn("are dropped: POST /slots/0?action=restore answers 400: invalid slot save file", self.lines[-1])

    def test_an_engine_that_does_not_do_it(self) -> None:
        """Its own words are in the log, and no file stays that it may have begun."""
        told: list[tuple[int, object]] = [
            (501, {"error": {"message": "Start it with `--slots`"}}),
            (200, {"no": "list"}),
            (200, "x"),
            (404, None),
        ]
        for refusal in told:
            engine = self.engine({0: 5})
            self.load(engine)
            engine.refusal = refusal
            self.unload(engine)
            self.assertIn("a/b: its slots are not all saved: GET /slots answers ", self.lines[-1])

    def test_a_save_that_is_refused(self) -> None:
        """What the engine may have begun to write does not stay."""
        engine = self.engine({0: 5})
        self.load(engine)
        answers = engine._answer

        def answer(target: str, body: Any) -> tuple[int, object] | None:
            told = answers(target, body)
            return (500, {"error": "no"}) if body else told

        engine._answer = answer  # type: ignore[method-assign]
        self.unload(engine)
        self.assertEqual(self.files(), [])
        self.assertIn("slots that could not be saved are lost: POST /slots/0?action=save answers 500", self.lines[-1])

    def test_another_directory_than_the_engines(self) -> None:
        """It is said, for nothing would ever be restored."""
        engine = self.engine({0: 5})
        self.load(engine)
        engine.folder = self.folder.parent
        self.unload(engine)
        self.assertIn("must be its --slot-save-path", self.lines[-1])

    def test_a_directory_that_cannot_be_made(self) -> None:
        """The model loads without."""
        self.folder.parent.mkdir()
        self.folder.write_text("a file")
        engine = self.engine({0: 5})
        self.load(engine)
        self.assertIn("a/b: its slots will not be kept: ", self.lines[0])
        self.assertEqual(engine.asked, [])

    def test_a_slot_at_work(self) -> None:
        """It is asked last, and waited for no longer than the timeout; its file is not trusted."""
        engine = self.engine({0: 5, 1: 6})
        self.load(engine)
        engine.busy = {0}
        leave = self.turn(self.attendant.before_unload(self.model, cast(Upstream, engine.upstream), "unload"), engine)
        self.assertEqual([asked for asked, _ in engine.asked], ["save 1", "save 0"])
        (self.folder / engine.asked[1][1]).write_bytes(b"half")
        self.assertNoResult(leave)
        with capturedLogs() as events:
            self.clock.advance(5)
        self.successResultOf(leave)
        self.assertIn("it takes longer than 5 s", str(formatEvent(events[0])))
        self.successResultOf(self.turn(self.attendant.after_unload(self.model, "unload")))
        self.assertEqual(self.files(), [engine.asked[0][1]])

    def test_cancelled(self) -> None:
        """It ends at once, and hangs up."""
        engine = self.engine({0: 5})
        self.load(engine)
        engine.busy = {0}
        leave = self.turn(self.attendant.before_unload(self.model, cast(Upstream, engine.upstream), "unload"), engine)
        leave.cancel()
        self.failureResultOf(leave, CancelledError)
        self.assertTrue(cast(MemoryTransport, engine.upstream.last.transport).aborted)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_dead_engine(self) -> None:
        """The file that it was reading when it died is not given to the next one; the others are kept."""
        engine = self.engine({0: 5, 1: 6})
        self.load(engine)
        self.unload(engine)
        for end in ("returns", "is cancelled"):
            again = self.engine({0: 0, 1: 0})
            self.successResultOf(self.turn(self.attendant.before_load(self.model, "load")))
            restore = Deferred.fromCoroutine(self.attendant.after_load(self.model, cast(Upstream, again.upstream)))
            if end == "returns":
                with capturedLogs() as events:
                    again.upstream.close()
                self.successResultOf(restore)
                self.assertIn("its slots are not all restored: ", str(formatEvent(events[-1])))
                self.assertEqual(len(self.files()), 1)
            else:
                restore.cancel()
                self.failureResultOf(restore, CancelledError)
                self.assertEqual(len(self.files()), 1)
                self.successResultOf(self.turn(self.attendant.after_unload(self.model, "crash")))
                self.assertEqual(self.files(), [])

    def test_a_restore_that_is_given_up(self) -> None:
        """The file may be as good as any."""
        engine = self.engine({0: 5})
        self.load(engine)
        self.unload(engine)
        self.successResultOf(self.turn(self.attendant.before_load(self.model, "load")))
        restore = Deferred.fromCoroutine(self.attendant.after_load(self.model, cast(Upstream, MemoryUpstream())))
        restore.cancel()
        self.failureResultOf(restore, CancelledError)
        self.successResultOf(self.turn(self.attendant.after_unload(self.model, "abandon")))
        self.assertEqual(len(self.files()), 1)

    def test_a_restore_that_takes_too_long(self) -> None:
        """It would take as long the next time."""
        engine = self.engine({0: 5})
        self.load(engine)
        self.unload(engine)
        self.successResultOf(self.turn(self.attendant.before_load(self.model, "load")))
        restore = self.turn(self.attendant.after_load(self.model, cast(Upstream, MemoryUpstream())))
        self.clock.advance(5)
        self.successResultOf(restore)
        self.assertEqual(self.files(), [])
