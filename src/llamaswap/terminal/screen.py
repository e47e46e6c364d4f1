"""A view of a server, as a terminal shows it: tables that lose columns, then rows, where there is no room. Pure.

Text of the server and of its clients is shown as text: nothing in it can move the cursor or pass for markup.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llamaswap.terminal.picture import Gpu, Machine, Model, Request, View
from llamaswap.terminal.plain import shown

_WIDE, _NARROW = 90, 60
"""Columns from which on everything is shown, and below which only the most important is."""
_COLOURS = {"ready": "green", "starting": "yellow", "stopping": "yellow"}
_FEW = 3
"""Rows that each table keeps, however small the terminal."""


def screen(view: View, title: str, width: int, height: int | None = None) -> RenderableType:
    """All of it within `width` columns, and `height` rows (None: as many as it takes). `title` is the first row."""
    machine = _machine_lines(view, width)
    room = None if height is None else max(2 * _FEW, height - len(machine) - 6)  # title, two heads, gaps
    requests = _cut(len(view.requests), None if room is None else max(_FEW, room // 2))
    models = _cut(len(view.models), None if room is None else max(_FEW, room - requests))
    parts: list[RenderableType] = [_line(title, "bold"), *machine, _line("")]
    parts.append(_models(view.models, models, width))
    if view.requests:
        parts += [_line(""), _requests(view.requests, requests, width)]
    return Group(*parts)


def heading(view: View, where: str, trouble: str) -> str:
    """What the first row says."""
    loaded = sum(model.state == "ready" for model in view.models)
    local = sum(not model.peer for model in view.models)
    words = [where, f"{loaded} of {local} models ready", _several(len(view.requests), "request")]
    if view.profile:
        words.append(f"profile {view.profile}")
    return " · ".join([*words, *([trouble] if trouble else [])])


def _models(models: tuple[Model, ...], shown: int, width: int) -> Table:
    table = _table("MODEL")
    _column(table, "STATE", 8)
    _number_column(table, "BUSY")
    _number_column(table, "WAIT")
    if width >= _NARROW:
        _number_column(table, "TOK/S")
    if width >= _WIDE:
        _number_column(table, "PROMPT/S")
        _number_column(table, "GPU MIB")
    for model in models[:shown]:
        cells = [_plain(model.id), _state(model), _count(model.answering), _count(model.waiting)]
        if width >= _NARROW:
            cells.append(_rate(model.tokens_per_second))
        if width >= _WIDE:
            cells += [_rate(model.prompt_per_second), _plain("" if model.gpu_mb is None else str(model.gpu_mb))]
        table.add_row(*cells)
    _add_rest(table, len(models) - shown)
    return table


def _requests(requests: tuple[Request, ...], shown: int, width: int) -> Table:
    table = _table("REQUEST FOR")
    if width >= _WIDE:
        _column(table, "PATH", 12, flexible=True)
    if width >= _NARROW:
        _column(table, "CLIENT", 9, flexible=True)
    _column(table, "STATE", 9)
    _number_column(table, "TIME")
    _number_column(table, "SENT")
    for request in requests[:shown]:
        cells = [_plain(request.model)]
        if width >= _WIDE:
            cells.append(_plain(request.path))
        if width >= _NARROW:
            cells.append(_plain(request.client))
        state = Text("answering", "green") if request.answering else Text("waiting", "yellow")
        table.add_row(*cells, state, _plain(duration(request.elapsed)), _plain(size(request.bytes)))
    _add_rest(table, len(requests) - shown)
    return table


def _machine_lines(view: View, width: int) -> list[RenderableType]:
    lines = [_machine(view.machine)] if view.machine else []
    return [_line(text) for text in (*lines, *(_gpu(gpu, width) for gpu in view.gpus))]


def _machine(machine: Machine) -> str:
    swap = f" · swap {size(machine.swap_used_mb << 20)}" if machine.swap_used_mb else ""
    memory = f"{size(machine.mem_used_mb << 20)} of {size(machine.mem_total_mb << 20)}"
    return f"CPU {machine.cpu_pct:.0f} % · load {machine.load:.2f} · memory {memory}{swap}"


def _gpu(gpu: Gpu, width: int) -> str:
    memory = f"{size(gpu.used_mb << 20)} of {size(gpu.total_mb << 20)}"
    warmth = [f"{gpu.temp_c} °C"] if gpu.temp_c else []
    power = [f"{gpu.power_w:.0f} W"] if gpu.power_w else []
    more = [*warmth, *power, gpu.name] if width >= _NARROW else []
    return " · ".join([f"GPU {gpu.id} {gpu.util_pct:.0f} %", f"memory {memory}", *more])


# -- cells -------------------------------------------------------------------------------------------------------------


def duration(seconds: float) -> str:
    """`3.2s`, `4m05s`, `2h03m`."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"


def size(count: int) -> str:
    """Bytes, in the unit that leaves one to three digits before the point."""
    amount, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1000 or unit == "TiB":
            break
        amount /= 1024
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def _table(first: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column(first, ratio=2, no_wrap=True, overflow="ellipsis", min_width=6)
    return table


def _column(table: Table, name: str, width: int, *, flexible: bool = False) -> None:
    ratio = 1 if flexible else None
    table.add_column(name, min_width=width, ratio=ratio, no_wrap=True, overflow="ellipsis")


def _number_column(table: Table, name: str) -> None:
    table.add_column(name, justify="right", no_wrap=True)


def _add_rest(table: Table, hidden: int) -> None:
    if hidden > 0:
        table.add_row(Text(f"… {hidden} more", "dim"))


def _cut(rows: int, room: int | None) -> int:
    """How many of so many rows are shown; one goes to say that there are more."""
    return rows if room is None or rows <= room else room - 1


def _state(model: Model) -> Text:
    return Text(shown(f"at {model.peer}" if model.peer else model.state), _COLOURS.get(model.state, "dim"))


def _count(count: int) -> Text:
    return Text(str(count) if count else "·", "" if count else "dim")


def _rate(rate: float | None) -> Text:
    return Text("" if rate is None else f"{rate:.1f}")


def _several(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _line(text: str, style: str = "") -> Text:
    return Text(shown(text), style, no_wrap=True, overflow="ellipsis")


def _plain(text: str) -> Text:
    return Text(shown(text))
