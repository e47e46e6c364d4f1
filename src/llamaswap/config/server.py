"""The top-level keys that concern the server as a whole (configuration section 7)."""

from __future__ import annotations

from typing import Any

from llamaswap.config import activity
from llamaswap.config.fields import (
    At,
    Key,
    boolean,
    duration,
    integer,
    listed,
    natural,
    positive,
    read_keys,
    seconds,
    some_seconds,
    string,
    strings,
)
from llamaswap.config.nodes import MappingNode
from llamaswap.config.schema import Limits, Performance, Prometheus

LEAST_HEALTH_CHECK_TIMEOUT = 15
LEAST_EVERY = 5.0
LOG_LEVELS = ("debug", "info", "warn", "error")
LOG_OUTPUTS = ("proxy", "upstream", "both", "none")
LOG_TIME_FORMATS = frozenset(
    "ansic unixdate rubydate rfc822 rfc822z rfc850 rfc1123 rfc1123z rfc3339 rfc3339nano kitchen stamp stampmilli"
    " stampmicro stampnano".split()
)


# -- keys --------------------------------------------------------------------------------------------------------


def _global_ttl(at: At) -> int | None:
    value = integer(at)
    if value is not None and value < 0:
        at.error(f"globalTTL must be >= 0, not {value}")
        return None
    return value


def _unload_timeout(at: At) -> int | None:
    value = integer(at)
    if value is not None and value < 0:
        at.error(f"unloadTimeout must be >= 0, not {value}")
        return None
    return value or None


def _health_check_timeout(at: At) -> int | None:
    value = integer(at)
    return None if value is None else max(value, LEAST_HEALTH_CHECK_TIMEOUT)


def _allowed_hosts(at: At) -> tuple[str, ...] | None:
    hosts = strings(at)
    if hosts is not None and not all(host.strip() for host in hosts):
        at.error("an empty host name")
        return None
    return hosts and tuple(host.strip().lower() for host in hosts)


def _upstream(at: At) -> tuple[str, ...] | None:
    return read_keys(at, (Key("ignorePaths", "patterns", _patterns),)).get("patterns")


def _patterns(at: At) -> tuple[str, ...] | None:
    """RE2 patterns; an empty list is no list."""
    for pattern, item in listed(at):
        fault = _pattern_fault(pattern)
        if fault:
            item.error(f"invalid regular expression {fault}")
    return strings(at) or None


def _pattern_fault(pattern: str) -> str | None:
    import re2  # late: most configurations hold no pattern

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        return f"`{pattern}`: {error.args[0].decode(errors='replace')}"
    return None


def _log_level(at: At) -> str | None:
    level = _lowered(at)
    if level and level not in LOG_LEVELS:
        at.warn(f"unknown level `{level}` is taken as info; there are {', '.join(LOG_LEVELS)}")
        return None
    return level or None


def _log_time_format(at: At) -> str | None:
    name = _lowered(at)
    if name and name not in LOG_TIME_FORMATS:
        at.warn(f"unknown format `{name}` shows no time; there are {', '.join(sorted(LOG_TIME_FORMATS))}")
        return None
    return name


def _lowered(at: At) -> str | None:
    text = string(at)
    return text if text is None else text.strip().lower()


def _log_to_stdout(at: At) -> str | None:
    output = string(at)
    if output is not None and output not in LOG_OUTPUTS:
        at.error(f"logToStdout must be one of {', '.join(LOG_OUTPUTS)}, not `{output}`")
        return None
    return output


def _limits(at: At) -> Limits:
    return Limits(**read_keys(at, LIMITS))


def read_memory(at: At | None) -> dict[str, Any]:
    """The fields of `Settings` that the section `memory` decides."""
    return read_keys(at, MEMORY) if at else {}


def _performance(at: At) -> Performance:
    return Performance(**read_keys(at, PERFORMANCE))


def _prometheus(at: At) -> Prometheus:
    return Prometheus(**read_keys(at, PROMETHEUS))


def _every(at: At) -> float | None:
    """Zero is as if absent."""
    value = duration(at)
    if value and value < LEAST_EVERY:
        at.error(f"every must be at least {LEAST_EVERY:.0f}s, got {string(at)}")
        return None
    return value or None


def _ui(at: At) -> tuple[str, ...] | None:
    return read_keys(at, (Key("activity", "headers", _activity),)).get("headers")


def _activity(at: At) -> tuple[str, ...] | None:
    """A list that is null is an empty one, although the default is not empty."""
    given = read_keys(at, (Key("session_id", "headers", _session_id),))
    is_given = isinstance(at.node, MappingNode) and "session_id" in at.node.values
    return () if is_given and at.child("session_id") is None else given.get("headers")


def _session_id(at: At) -> tuple[str, ...] | None:
    """Names of headers: each once, whatever its case, as it is spelled first."""
    names = strings(at)
    if names is None:
        return None
    spelled: dict[str, str] = {}
    for name in filter(None, (name.strip() for name in names)):
        spelled.setdefault(name.lower(), name)
    return tuple(spelled.values())


def _accepted(at: At) -> None:
    boolean(at)


INHERITED = (
    Key("globalTTL", "ttl", _global_ttl),
    Key("unloadTimeout", "unload_timeout", _unload_timeout),
    Key("queueSize", "queue_size", natural),
    Key("queueTimeout", "queue_timeout", seconds),
    Key("sendLoadingState", "send_loading_state", boolean),
)
"""What models inherit; the fields are those of `Model`."""
GLOBAL_FIELDS = {"ttl": "global_ttl"}
"""What `Settings` calls those of them that have another name there."""

KEYS = (
    Key("healthCheckTimeout", "health_check_timeout", _health_check_timeout),
    Key("allowedHosts", "allowed_hosts", _allowed_hosts),
    Key("upstream", "ignore_paths", _upstream),
    Key("includeAliasesInList", "include_aliases_in_list", boolean),
    Key("logLevel", "log_level", _log_level),
    Key("logTimeFormat", "log_time_format", _log_time_format),
    Key("logToStdout", "log_to_stdout", _log_to_stdout),
    Key("logRequests", "", _accepted),
    Key("limits", "limits", _limits),
    *activity.KEYS,
    Key("performance", "performance", _performance),
    Key("prometheus", "prometheus", _prometheus),
    Key("ui", "session_id_headers", _ui),
)

PERFORMANCE = (
    Key("disabled", "disabled", boolean),
    Key("every", "every", _every),
)

PROMETHEUS = (
    Key("always", "always", boolean),
    Key("engines", "engines", boolean),
)

MEMORY = (
    Key("settle", "memory_settle", seconds),
    Key("retry", "memory_retry", boolean),
)

LIMITS = (
    Key("headerBytes", "header_bytes", positive),
    Key("headerSeconds", "header_seconds", some_seconds),
    Key("bodyBytes", "body_bytes", positive),
    Key("bodyIdle", "body_idle", some_seconds),
    Key("keepAlive", "keep_alive", some_seconds),
)
