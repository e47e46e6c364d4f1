"""The tables of the activity store, and how each version becomes the next (http-api section 15). Text only.

A file says its version in `user_version`, and that it is one of ours in `application_id`. A file of the original says
neither: it has the table, and keeps a record of its own about it, which is left alone.
"""

from __future__ import annotations

APPLICATION = 0x6C6C7361
"""`llsa`, where SQLite keeps whose file it is."""
VERSION = 1
"""The newest that this program knows."""

COLUMNS = {
    "ts_created": "INTEGER NOT NULL DEFAULT 0",
    "model_id": "TEXT NOT NULL DEFAULT ''",
    "req_path": "TEXT NOT NULL DEFAULT ''",
    "resp_content_type": "TEXT NOT NULL DEFAULT ''",
    "resp_status_code": "INTEGER NOT NULL DEFAULT 0",
    "cache_tokens": "INTEGER NOT NULL DEFAULT 0",
    "draft_tokens": "INTEGER NOT NULL DEFAULT 0",
    "draft_acc_tokens": "INTEGER NOT NULL DEFAULT 0",
    "input_tokens": "INTEGER NOT NULL DEFAULT 0",
    "output_tokens": "INTEGER NOT NULL DEFAULT 0",
    "prompt_per_second": "REAL NOT NULL DEFAULT 0",
    "tokens_per_second": "REAL NOT NULL DEFAULT 0",
    "duration_ms": "INTEGER NOT NULL DEFAULT 0",
    "error_msg": "TEXT NOT NULL DEFAULT ''",
    "metadata_json": "TEXT NOT NULL DEFAULT ''",
}
"""Of the table `activity`, besides its `id`."""
NEEDED = frozenset(("id", "model_id"))
"""Without these it is somebody else's table of that name."""

_DEFINED = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
FIRST = f"CREATE TABLE IF NOT EXISTS activity (id INTEGER PRIMARY KEY AUTOINCREMENT, {_DEFINED})"
INDEXES = (
    "CREATE INDEX IF NOT EXISTS activity_by_time ON activity (ts_created DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS activity_by_model ON activity (model_id, ts_created DESC, id DESC)",
)


def added(column: str) -> str:
    """What gives a table that lacks `column` that column."""
    return f"ALTER TABLE activity ADD COLUMN {column} {COLUMNS[column]}"


MIGRATIONS: tuple[tuple[str, ...], ...] = ()
"""What makes version 2 of version 1, version 3 of version 2, and so on."""

NAMES = ", ".join(COLUMNS)
INSERT = f"INSERT INTO activity (id, {NAMES}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"
"""A row with its id, or with None for the next one that is free."""
SELECT = f"SELECT id, {NAMES} FROM activity"
