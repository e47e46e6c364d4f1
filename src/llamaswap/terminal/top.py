"""`llama-swap top`: what a running server does, live in the terminal.

Exit status: 0 at the end (^C); 1 when there is no answer; 2 for wrong words.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.live import Live
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from llamaswap.terminal import Run
from llamaswap.terminal.client import Client
from llamaswap.terminal.options import add_server, client_of
from llamaswap.terminal.picture import Picture
from llamaswap.terminal.screen import heading, screen
from llamaswap.terminal.watching import Watching

_REFRESH = 0.5
"""Seconds."""


def top(words: Sequence[str], run: Run) -> int:
    """Show what `words` ask for."""
    options = _parser().parse_args(words)

    async def main(reactor: Any) -> int:
        client = client_of(options, reactor)
        console = Console(highlight=False)
        if options.json:
            print(json.dumps(asdict(await _seen(client, reactor))))
        elif options.once or not console.is_terminal or console.is_dumb_terminal:
            view = await _seen(client, reactor)
            console.print(screen(view, heading(view, client.where, ""), console.width))
        else:
            await _live(client, console, reactor)
        return 0

    return run(main)


async def _seen(client: Client, clock: IReactorTime) -> Any:
    picture = Picture()
    await Watching(client, picture, clock).once()
    return picture.view(clock.seconds())


async def _live(client: Client, console: Console, clock: IReactorTime) -> None:
    """Show the server until cancelled. Raises what its first answer is missed for."""
    picture = Picture()
    watching = Watching(client, picture, clock)
    with Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:

        def show() -> None:
            view = picture.view(clock.seconds())
            title = heading(view, client.where, watching.trouble)
            live.update(screen(view, title, console.width, console.height), refresh=True)

        drawing = LoopingCall(show)
        drawing.clock = clock
        drawing.start(_REFRESH)
        try:
            await watching.watch()
        finally:
            drawing.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="llama-swap top",
        description="Show what a running server does: models and their states, requests, tokens per second, and how "
        "busy the machine and its GPUs are. Without a terminal it is shown once, as text.",
        epilog="Exit status: 0 at the end (^C too), 1 no answer, 2 wrong usage. NO_COLOR is respected.",
    )
    parser.add_argument("--once", "-once", action="store_true", help="show it once, and end")
    parser.add_argument("--json", "-json", action="store_true", help="print it once, as one JSON object, and end")
    add_server(parser)
    return parser
