"""The top-level keys that concern the server as a whole (configuration section 7)."""

from __future__ import annotations

from typing import Any

import re2

from llamaswap.config.fields import (
    At,
    Key,
    boolean,
    integer,
    natural,
    positive,
    read_keys,
    seconds,
    some_seconds,
    string,
    strings,
)
from llamaswap.config.nodes import ScalarNode, SequenceNode, is_null
from llamaswap.config.schema import Limits

LEAST_HEALTH_CHECK_TIMEOUT = 15
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


def _api_keys(at: At) -> tuple[str, ...] | None:
    """Keys are never quoted in a message, and never dropped: fewer keys than the file means would open a door."""
    if not isinstance(at.node, SequenceNode):
        at.error("a list of keys is needed")
        return None
    return tuple(key for item in at.items() if (key := _api_key(item)) is not None)


def _api_key(at: At) -> str | None:
    key = at.node.value if isinstance(at.node, ScalarNode) else None
    if not isinstance(key, str):
        at.error("an api key must be a string; put it in quotes")
    elif not key:
        at.error("empty api key")
    elif " " in key:
        at.error(f"{at.path} cannot contain spaces")
    else:
        return key
    return None


def _allowed_hosts(at: At) -> tuple[str, ...] | None:
    hosts = strings(at)
    if hosts is not None and not all(host.strip() for host in hosts):
        at.error("an empty host name")
        return None
    return hosts and tuple(host.strip().lower() for host in hosts)


def _upstream(at: At) -> dict[str, Any]:
    return read_keys(at, (Key("ignorePaths", "ignore_paths", _patterns),))


def _patterns(at: At) -> tuple[str, ...] | None:
    """RE2 patterns; an empty list is no list."""
    patterns = strings(at)
    for item in at.items() if patterns else ():
        fault = None if is_null(item.node) else _pattern_fault(string(item) or "")
        if fault:
            item.error(f"invalid regular expression {fault}")
    return patterns or None


def _pattern_fault(pattern: str) -> str | None:
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


def _accepted(at: At) -> None:
    boolean(at)


INHERITED = (
    Key("globalTTL", "ttl", _global_ttl),
    Key("unloadTimeout", "unload_timeout", _unload_timeout),
    Key("queueSize", "queue_size", natural),
    Key("queueTimeout", "queue_timeout", seconds),
)
"""What models inherit; the fields are those of `Model`."""

KEYS = (
    Key("healthCheckTimeout", "health_check_timeout", _health_check_timeout),
    Key("apiKeys", "api_keys", _api_keys),
    Key("allowedHosts", "allowed_hosts", _allowed_hosts),
    Key("upstream", "upstream", _upstream),
    Key("includeAliasesInList", "include_aliases_in_list", boolean),
    Key("logLevel", "log_level", _log_level),
    Key("logTimeFormat", "log_time_format", _log_time_format),
    Key("logToStdout", "log_to_stdout", _log_to_stdout),
    Key("logRequests", "", _accepted),
    Key("limits", "limits", _limits),
)

LIMITS = (
    Key("headerBytes", "header_bytes", positive),
    Key("headerSeconds", "header_seconds", some_seconds),
    Key("bodyBytes", "body_bytes", positive),
    Key("bodyIdle", "body_idle", some_seconds),
    Key("keepAlive", "keep_alive", some_seconds),
)
