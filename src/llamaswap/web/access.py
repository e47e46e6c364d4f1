"""The access log line of a request (http-api section 5). Pure: it measures nothing and writes nothing."""

from __future__ import annotations

from llamaswap.exchange import Exchange, client_of
from llamaswap.logs.lines import escape
from llamaswap.web import paths

_QUIET = ("/wol-health", "/api/performance", "/metrics")

FORMAT = 'Request {ip} "{method} {path} {protocol}" {status} {sent} "{agent}" {duration}{key}'


def record(exchange: Exchange, seconds: float) -> dict[str, str | int] | None:
    """The fields of `FORMAT` for an exchange that took `seconds`; None when nobody wants to read of its path."""
    path = paths.shown(exchange.target)
    if path.startswith(_QUIET):
        return None
    return {
        "ip": escape(client_of(exchange)),
        "method": escape(_text(exchange.method)),
        "path": escape(path),
        "protocol": f"HTTP/{_text(exchange.version)}",
        "status": exchange.status or 200,
        "sent": exchange.sent,
        "agent": escape(_text(exchange.header(b"user-agent"))),
        "duration": duration(seconds),
        "key": f' key "{escape(exchange.caller.name)}"' if exchange.caller is not None else "",
    }


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "backslashreplace")


def duration(seconds: float) -> str:
    """For people: `13.11µs`, `9.89ms`, `1.24s`, `1m2.5s`, `1h0m3s`."""
    if seconds < 1e-3:
        return _short(seconds * 1e6) + "µs"
    if seconds < 1:
        return _short(seconds * 1e3) + "ms"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    before = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{before}{_short(rest)}s"


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
