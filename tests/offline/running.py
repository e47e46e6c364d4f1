"""Runs a command that starts nothing, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any, NamedTuple

M = 'cmd: "s ${PORT}"'


class Ran(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """What was printed, each line a JSON value."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(command: Callable[..., int], *words: str) -> Ran:
    """`command` with `words`; argparse's own exits count as its status."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = command(words)
        except SystemExit as leaving:
            status = int(leaving.code or 0)
    return Ran(status, out.getvalue(), err.getvalue())
