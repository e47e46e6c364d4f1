"""The database of the activity: what it opens, what it keeps, what it answers."""

from __future__ import annotations

import sqlite3
from math import ceil, floor, inf, log2, nan
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics import filter
from llamaswap.metrics.database import PRUNED_AT_ONCE, Database
from llamaswap.metrics.filter import Filter
from llamaswap.metrics.histogram import Spread
from llamaswap.metrics.opening import open_database
from llamaswap.metrics.queries import Query
from llamaswap.metrics.row import Tokens
from llamaswap.metrics.storage import Keep, StoreFailed
from tests.support.activity import WHEN, numbered, row
from tests.support.folders import folder_for

ORIGINAL = """
CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL);
INSERT INTO schema_migrations VALUES (1, 0), (2, 0);
CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ts_created INTEGER NOT NULL DEFAULT 0, model_id TEXT NOT NULL DEFAULT '',
    req_path TEXT NOT NULL DEFAULT '', resp_content_type TEXT NOT NULL DEFAULT '',
    resp_status_code INTEGER NOT NULL DEFAULT 0, cache_tokens INTEGER NOT NULL DEFAULT 0,
    draft_tokens INTEGER NOT NULL DEFAULT 0, draft_acc_tokens INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
    prompt_per_second REAL NOT NULL DEFAULT 0, tokens_per_second REAL NOT NULL DEFAULT 0,
    duration_ms INTEGER NOT NULL DEFAULT 0, error_msg TEXT NOT NULL DEFAULT '', metadata_json TEXT NOT NULL DEFAULT '');
CREATE INDEX idx_activity_ts ON activity (ts_created DESC, id DESC);
INSERT INTO activity (id, ts_created, model_id, input_tokens, metadata_json)
    VALUES (41, 5, 'old', 7, '{"selector":"s"}');
"""
"""A file as the original leaves it: the table of http-api section 15, and a record of its own."""


class OpeningTests(SynchronousTestCase):
    """Files as they are found."""

    def setUp(self) -> None:
        self.path = str(folder_for(self) / "a.db")

    def open(self) -> Database:
        database = open_database(self.path)
        self.addCleanup(database.close)
        return database

    def fault(self) -> str:
        with self.assertRaises(StoreFailed) as caught:
            open_database(self.path)
        return str(caught.exception)

    def run_sql(self, script: str) -> None:
        connection = sqlite3.connect(self.path)
        connection.executescript(script)
        connection.close()

    def test_a_new_file(self) -> None:
        """It is made, says whose it is, and is written ahead; a second look finds all as it was."""
        self.open().write(numbered([row()]))
        for _ in range(2):
            database = self.open()
            self.assertEqual((database.last_id, len(database.page(Query()).rows)), (1, 1))
        connection = sqlite3.connect(self.path)
        told = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "user_version")]
        connection.close()
        self.assertEqual(told, ["wal", 1])

    def test_columns(self) -> None:
        """The table and its indexes are those of http-api section 15."""
        self.open()
        connection = sqlite3.connect(self.path)
        columns = connection.execute("PRAGMA table_info(activity)").fetchall()
        indexes = [
            [(name, down) for _, _, name, down, _, key in connection.execute(f"PRAGMA index_xinfo({index[1]})") if key]
            for index in connection.execute("PRAGMA index_list(activity)")
        ]
        connection.close()
        self.assertTrue(all(required for _, name, _, required, _, _ in columns if name != "id"))
        defaults = {(kind, default) for _, name, kind, _, default, _ in columns if name != "id"}
        self.assertEqual(defaults, {("INTEGER", "0"), ("REAL", "0"), ("TEXT", "''")})
        by_time = [("ts_created", 1), ("id", 1)]
        self.assertCountEqual(indexes, [by_time, [("model_id", 0), *by_time]])

    def test_a_file_of_the_original(self) -> None:
        """Its rows are read, ids go on, and its own record stays."""
        self.run_sql(ORIGINAL)
        database = self.open()
        (found,) = database.page(Query()).rows
        self.assertEqual((found.id, found.when, found.model, found.tokens.input), (41, 5, "old", 7))
        self.assertEqual((found.metadata, database.last_id), ({"selector": "s"}, 41))
        database.write(numbered([row("new")], 42))
        self.assertEqual([each.id for each in database.page(Query()).rows], [42, 41])
        connection = sqlite3.connect(self.path)
        self.assertEqual(connection.execute("SELECT COUNT(*) FROM schema_migrations").fetchone(), (2,))
        connection.close()

    def test_an_older_table(self) -> None:
        """Columns that it lacks are added, with their defaults."""
        self.run_sql(
            "CREATE TABLE activity (id INTEGER PRIMARY KEY, model_id TEXT); INSERT INTO activity VALUES (3, 'x')"
        )
        database = self.open()
        (found,) = database.page(Query()).rows
        self.assertEqual(
            (found.id, found.model, found.error, found.tokens), (3, "x", "", Tokens(0, 0, 0, 0, 0, 0.0, 0.0))
        )
        self.assertEqual(database.last_id, 3)

    def test_ids_are_never_used_again(self) -> None:
        """Also when the last rows are gone."""
        database = self.open()
        database.write(numbered([row(), row()]))
        self.run_sql("DELETE FROM activity")
        self.assertEqual(self.open().last_id, 2)

    def test_newer_files(self) -> None:
        """One of a newer version of this program is left alone, and so is another program's."""
        self.open().close()
        self.run_sql("PRAGMA user_version = 9")
        self.assertIn("a newer version of this program wrote it (its tables are version 9, not 1)", self.fault())
        self.run_sql("PRAGMA application_id = 77")
        self.assertIn("another program", self.fault())

    def test_files_of_other_programs(self) -> None:
        """Most say nothing of themselves: their tables show whose they are. Not a byte of them changes."""
        for script in (
            "CREATE TABLE user (name TEXT); INSERT INTO user VALUES ('alice')",
            "CREATE TABLE t (a); PRAGMA application_id = 77",
            "CREATE TABLE activity (id INTEGER PRIMARY KEY, actor TEXT)",
            "CREATE VIEW activity AS SELECT 1 AS id, 'm' AS model_id",
        ):
            Path(self.path).unlink(missing_ok=True)
            self.run_sql(script)
            before = Path(self.path).read_bytes()
            self.assertRegex(self.fault(), "another program|not one of requests", script)
            self.assertEqual(Path(self.path).read_bytes(), before, script)

    def test_files_that_are_none(self) -> None:
        """Text, a table of something else, a damaged file, a place that is not there."""
        Path(self.path).write_text("no database, but long enough to be one " * 100)
        self.assertIn("not a database", self.fault())
        Path(self.path).unlink()
        self.run_sql("CREATE TABLE activity (name TEXT)")
        self.assertIn("not one of requests", self.fault())
        Path(self.path).unlink()
        self.open().write(numbered([row() for _ in range(200)]))
        self.path = str(Path(self.path).parent / "none" / "a.db")
        self.assertIn("unable to open", self.fault())

    def test_a_damaged_file(self) -> None:
        """It is refused, or its pages are when they are read: nothing else than `StoreFailed` comes out."""
        database = open_database(self.path)
        database.write(numbered([row(error="x" * 300) for _ in range(200)]))
        database.close()
        whole = Path(self.path).read_bytes()
        for at in range(0, len(whole), 1024):
            Path(self.path).write_bytes(whole[:at] + b"\xa5" * 1024 + whole[at + 1024 :])
            try:
                database = open_database(self.path)
                database.page(Query(limit=999))
                database.stats(Filter())
            except StoreFailed:
                pass
            finally:
                database.close()

    def test_locked(self) -> None:
        """Another process that writes is waited for, and then named."""
        database = self.open_impatient()
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        written = database.write(numbered([row(), row()]))
        self.assertEqual((written.stored, written.lost), ([], [1, 2]))
        self.assertIn("locked", written.why)
        other.execute("ROLLBACK")
        other.close()
        self.assertEqual(database.write(numbered([row()], 3)).stored, [3])

    def open_impatient(self) -> Database:
        """As `open`, but without waiting."""
        database = self.open()
        database._connection.execute("PRAGMA busy_timeout = 0")
        return database


class RowTests(SynchronousTestCase):
    """What is written is what is read."""

    def setUp(self) -> None:
        self.database = open_database(None)
        self.addCleanup(self.database.close)

    def back(self, **fields: Any) -> Any:
        self.database.write([(self.database.last_id + 1, row(**fields))])
        return self.database.page(Query(limit=1)).rows[0]

    def test_all_fields(self) -> None:
        """Each has its column."""
        tokens = Tokens(1, 2, 3, 4, 5, 6.5, 7.25)._asdict()
        metadata = {"fifo_priority": "0", "selector": "ä"}
        written = row("org/m", WHEN + 1, status=418, error="é", metadata=metadata, duration_ms=9, **tokens)
        self.database.write([(7, written)])
        self.assertEqual(self.database.page(Query()).rows, [written._replace(id=7)])

    def test_whatever_an_engine_claims(self) -> None:
        """Nonsense is stored as something near it, and never fails the rows beside it."""
        found = self.back(input=10**30, output=-5, prompt_rate=nan, generation_rate=inf, error="\ud800\0x")
        self.assertEqual((found.tokens.input, found.tokens.output), (10**15, -1))
        self.assertEqual((found.tokens.prompt_rate, found.tokens.generation_rate, found.error), (0.0, 0.0, "?\0x"))
        self.assertEqual(self.database.stats(Filter()).input, 10**15)

    def test_whatever_others_wrote(self) -> None:
        """Metadata that is none is left out."""
        for text in ("[1]", "{", '{"a": 1}', "[" * 100_000):
            self.database._run("INSERT INTO activity (metadata_json) VALUES (?)", [text])
        self.assertEqual([each.metadata for each in self.database.page(Query()).rows], [{}] * 4)

    def test_an_id_that_was_taken(self) -> None:
        """By another process that writes to the same file: rows get the next ones, and what they had is lost."""
        self.database.write(numbered([row("other")], 5))
        written = self.database.write(numbered([row("a"), row("b")], 4))
        self.assertEqual(written, ([6, 7], [4, 5], ""))
        self.assertEqual(
            [(each.id, each.model) for each in self.database.page(Query()).rows], [(7, "b"), (6, "a"), (5, "other")]
        )


class PageTests(SynchronousTestCase):
    """Filters, sorting, paging."""

    def setUp(self) -> None:
        self.database = open_database(None)
        self.addCleanup(self.database.close)
        rows = [row("abc"[n % 3], WHEN + n, output=n % 4, prompt_rate=float(9 - n)) for n in range(10)]
        self.database.write(numbered(rows))

    def ids(self, **query: Any) -> list[int]:
        filtered = Filter(**{name: query.pop(name) for name in tuple(query) if name in Filter.__slots__})
        return [each.id for each in self.database.page(Query(filtered, **query)).rows]

    def test_filters(self) -> None:
        """Each alone, both ends included, and together."""
        self.assertEqual(self.ids(models=("a", "c", "none")), [10, 9, 7, 6, 4, 3, 1])
        self.assertEqual(self.ids(start=WHEN + 7), [10, 9, 8])
        self.assertEqual(self.ids(end=WHEN + 1), [2, 1])
        self.assertEqual(self.ids(min_id=2, max_id=3), [3, 2])
        self.assertEqual(self.ids(models=("b",), start=WHEN + 2, max_id=5), [5])
        self.assertEqual(self.database.page(Query(Filter(("a",)), limit=1)).total, 4)

    def test_keys(self) -> None:
        """By the name in the metadata, as it is written; what other programs put there is no mistake."""
        names = ("tv", "tv%", 'a"b', "")
        rows = [row("k", WHEN + 20, metadata={"key": name} if name else {"selector": "tv"}) for name in names]
        self.database.write(numbered(rows, 20))
        self.database._connection.execute("UPDATE activity SET metadata_json = '{' WHERE id = 23")
        self.assertEqual([self.ids(key=name) for name in names[:3]], [[20], [21], [22]])
        self.assertEqual(self.ids(key="tv", models=("a",)), [])

    def test_statuses(self) -> None:
        """By class, any of those asked for; what broke off after a good head has failed, too."""
        rows = [row("s", status=status, error=error) for status, error in ((503, "x"), (404, ""), (0, "x"), (200, "x"))]
        self.database.write(numbered(rows, 20))
        found = {
            word: self.ids(models=("s",), statuses=(word,)) for word in ("2xx", "3xx", "4xx", "5xx", "none", "failed")
        }
        expected = {"2xx": [23], "3xx": [], "4xx": [21], "5xx": [20], "none": [22], "failed": [23, 22, 21, 20]}
        self.assertEqual(found, expected)
        self.assertEqual(self.ids(models=("s",), statuses=("4xx", "none")), [22, 21])
        self.assertEqual(self.ids(max_id=20, statuses=("4xx", "5xx")), [20])

    def test_texts(self) -> None:
        """Somewhere in what a row says of itself, as it is written; names of metadata are not meant."""
        self.database.write(
            numbered(
                [
                    row("Qwen_100%", path="/v1/x"),
                    row("m", error="the model's server: 100% gone!"),
                    row("m", metadata={"key": "Jürgen", "tenant": 'a"b'}),
                    row("m", path="/v1/qwen"),
                ],
                20,
            )
        )
        self.database._connection.execute("UPDATE activity SET metadata_json = '{' WHERE id = 23")
        asked = ("qwen", "100%", "_1", "gone!", "JÜRGEN", "jürgen", 'a"b', "tenant", "%", "'; DROP TABLE activity; --")
        found = {text: self.ids(text=text, min_id=20) for text in asked}
        self.assertEqual(list(found.values()), [[23, 20], [21, 20], [20], [21], [], [22], [22], [], [21, 20], []])
        self.assertEqual([each.id for each in self.database.part(Filter(text="100%"), 20, 9, descending=False)], [21])

    def test_texts_among_very_many_rows(self) -> None:
        """Are looked for in the newest of those that are asked for otherwise; other questions are about all."""
        self.patch(filter, "SEARCHED", 4)
        self.assertEqual(self.ids(text="/"), [10, 9, 8, 7])
        self.assertEqual(self.ids(text="/", models=("a",)), [10, 7, 4, 1])
        self.assertEqual(self.ids(text="/", end=WHEN + 5), [6, 5, 4, 3])
        self.assertEqual(self.database.stats(Filter(text="/")).requests, 4)
        rows = self.database.part(Filter(text="/"), 8, 9, descending=False)
        self.assertEqual([each.id for each in rows], [9, 10])
        self.assertEqual(len(self.ids(limit=100)), 10)

    def test_probe_103_sorting(self) -> None:
        """Rows that are alike are sorted by id, in the same direction."""
        self.assertEqual(self.ids(sort="generated", descending=False), [1, 5, 9, 2, 6, 10, 3, 7, 4, 8])
        self.assertEqual(self.ids(sort="generated"), [8, 4, 7, 3, 10, 6, 2, 9, 5, 1])
        self.assertEqual(self.ids(sort="prompt_speed", descending=False), list(range(10, 0, -1)))
        self.assertEqual(self.ids(sort="model", limit=4), [9, 6, 3, 8])

    def test_pages(self) -> None:
        """One after the other; behind the last there is nothing."""
        self.assertEqual([self.ids(limit=4, page=n) for n in (1, 2, 3, 4)], [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1], []])
        self.assertEqual(self.ids(page=2**63 - 1, limit=999), [])

    def test_parts(self) -> None:
        """They are all rows, each once, both ways round."""
        for down in (True, False):
            found, after = [], None
            while part := self.database.part(Filter(("a", "b"), start=WHEN + 1), after, 2, descending=down):
                after = part[-1].id
                found += [each.id for each in part]
            self.assertEqual(found, [10, 8, 7, 5, 4, 2][:: 1 if down else -1])


class PruneTests(SynchronousTestCase):
    """What goes when it is too much."""

    def setUp(self) -> None:
        self.database = open_database(None)
        self.addCleanup(self.database.close)
        self.database.write(numbered([row("m", WHEN + n) for n in range(10)]))

    def left(self, keep: Keep, now: float = WHEN) -> list[int]:
        self.database.prune(keep, now)
        return [each.id for each in self.database.page(Query()).rows]

    def test_rows(self) -> None:
        """The newest ids stay."""
        self.assertEqual(len(self.left(Keep())), 10)
        self.assertEqual(self.left(Keep(rows=3)), [10, 9, 8])
        self.assertEqual(self.left(Keep(rows=3)), [10, 9, 8])
        self.database.write(numbered([row()], 20))
        self.assertEqual(self.left(Keep(rows=3)), [20])

    def test_much(self) -> None:
        """Part by part: it says whether there may be more."""
        self.database.write(numbered((row("m", WHEN + n) for n in range(PRUNED_AT_ONCE)), 11))
        for keep, now in ((Keep(rows=3), WHEN), (Keep(seconds=100), WHEN + 10**6)):
            self.assertIs(self.database.prune(keep, now), keep.rows > 0)
            self.assertFalse(self.database.prune(keep, now))
        self.assertEqual(self.database.page(Query()).total, 0)

    def test_age(self) -> None:
        """What is as old as allowed stays."""
        self.assertEqual(self.left(Keep(seconds=100), WHEN + 107), [10, 9, 8])
        self.assertEqual(self.left(Keep(rows=2, seconds=100), WHEN + 107), [10, 9])


RATES = st.lists(
    st.one_of(st.floats(0.001, 1e6), st.sampled_from([1.0, 2.0, 5e-324, 1e15]), st.sampled_from([-1.0, 0.0])),
    max_size=60,
)


class StatsTests(SynchronousTestCase):
    """Sums, and how rates are spread."""

    def stats(self, rates: list[float], model: str = "", **fields: Any) -> Any:
        database = open_database(None)
        self.addCleanup(database.close)
        if rates:
            database.write(numbered([row("m", prompt_rate=rate, generation_rate=1.0, **fields) for rate in rates]))
        return database.stats(Filter((model,) if model else ()))

    def test_probe_106_example(self) -> None:
        """10, 20, 30."""
        found = self.stats([10.0, 20.0, 30.0], "m", input=2, output=5, cached=3)
        self.assertEqual(found[:4], (3, 6, 15, 9))
        bins, low, high, width, percentiles = found.prompt
        self.assertEqual((bins, low, high, width), ((1, 0, 1, 0, 1), 10, 30, 4))
        self.assertEqual([round(each, 9) for each in percentiles], [20, 29, 29.8])
        self.assertEqual(found.generation, Spread((3,), 1.0, 1.0, 0.0, (1.0, 1.0, 1.0)))

    def test_probe_107_nothing(self) -> None:
        """Zeros, and no spread."""
        self.assertEqual(self.stats([1.0], "none"), (0, 0, 0, 0, None, None))
        self.assertEqual(self.stats([]), (0, 0, 0, 0, None, None))
        self.assertIsNone(self.stats([0.0, -1.0]).prompt)

    def test_of_some(self) -> None:
        """Any filter narrows them: sums, bins and percentiles."""
        database = open_database(None)
        self.addCleanup(database.close)
        rows = [row("m1", WHEN + n, input=n, prompt_rate=float(n), status=200 + 300 * (n % 2)) for n in range(1, 7)]
        database.write(numbered(rows))
        found = database.stats(Filter(start=WHEN + 3, statuses=("2xx",), text="m"))
        self.assertEqual((found.requests, found.input), (2, 10))
        assert found.prompt is not None
        self.assertEqual((sum(found.prompt.bins), found.prompt.low, found.prompt.high), (2, 4.0, 6.0))

    def test_cached_that_is_unknown(self) -> None:
        """-1 is not subtracted."""
        self.assertEqual(self.stats([1.0], cached=-1).cached, 0)

    def test_sums_of_much(self) -> None:
        """They are never too large, whoever wrote the rows."""
        database = open_database(None)
        self.addCleanup(database.close)
        for _ in range(3):
            database._run("INSERT INTO activity (input_tokens, prompt_per_second) VALUES (?, 9e999)", [2**63 - 1])
        self.assertGreater(database.stats(Filter()).input, 2**62)
        self.assertIsNone(database.stats(Filter()).prompt)

    @given(RATES)
    @example([1.0, 1.0000000000000002])
    @settings(max_examples=60, deadline=None)
    def test_as_in_the_open(self, rates: list[float]) -> None:
        """What SQLite counts and sorts is what one would by hand."""
        database = open_database(None)
        if rates:
            database.write(numbered([row(prompt_rate=rate) for rate in rates]))
        found = database.stats(Filter()).prompt
        database.close()
        self.assertEqual(found, by_hand(sorted(rate for rate in rates if rate > 0)))
        if found:
            self.assertEqual(sum(found.bins), sum(rate > 0 for rate in rates))
            self.assertEqual(list(found.percentiles), sorted(found.percentiles))
            self.assertTrue(found.low <= found.percentiles[0] and found.percentiles[-1] <= found.high)


def by_hand(rates: list[float]) -> Spread | None:
    """The rules of http-api section 14.3, one after the other."""
    if not rates:
        return None
    low, high, count = rates[0], rates[-1], len(rates)
    number = min(max(ceil(log2(count)) + 1, 5), 20)
    width = (high - low) / number
    bins = [0] * number if width else [0]
    for rate in rates:
        bins[min(floor((rate - low) / width), number - 1) if width else 0] += 1
    percentiles = []
    for percent in (50, 95, 99):
        place = percent / 100 * (count - 1)
        lower, upper = rates[floor(place)], rates[min(floor(place) + 1, count - 1)]
        percentiles.append(min(lower + (upper - lower) * (place - floor(place)), upper))
    return Spread(tuple(bins), low, high, width, tuple(percentiles))
