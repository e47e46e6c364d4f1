"""Commands that ask a running server: `llama-swap top` and `llama-swap logs`.

They are clients, and know of the server what anybody can ask it. What they need is imported when they are called: the
server's own start must not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

Main = Callable[[Any], Coroutine[Any, Any, int]]
"""A command under way: takes a reactor, and says the exit status at its end. Cancelling ends it."""
Run = Callable[[Main], int]
"""Runs a command in a reactor, until its end or a signal (status 0)."""


def top(words: Sequence[str], run: Run) -> int:
    """Show what the server does, live."""
    from llamaswap.terminal.top import top as show

    return show(words, run)


def logs(words: Sequence[str], run: Run) -> int:
    """Print what the server, or a model, says."""
    from llamaswap.terminal.logs import logs as print_logs

    return print_logs(words, run)


COMMANDS: dict[str, Callable[[Sequence[str], Run], int]] = {"top": top, "logs": logs}
"""By their first word; each takes the words after it, and returns the exit status."""
