"""Settings in the words of a configuration file: what `check --json` shows, with all defaults and macros applied.

Loading what `tell` says gives the same settings again, but for ports, which are fixed in it, and for the group
`(default)`, which is shown and which no file may write.
"""

from __future__ import annotations

from typing import Any

from llamaswap.config.commands import split_command
from llamaswap.config.masking import masked
from llamaswap.config.schema import (
    MOMENTS,
    ROUTERS,
    ApiKey,
    Capabilities,
    Filters,
    Group,
    Hook,
    Matrix,
    Model,
    Peer,
    Profile,
    Selector,
    Settings,
    Slots,
    Timeouts,
)


def describe(settings: Settings) -> dict[str, Any]:
    """The whole of `settings`, JSON-ready, for anybody to see: without secrets (`masking.py`)."""
    return masked(tell(settings), settings)


def describe_model(model: Model, settings: Settings) -> dict[str, Any]:
    """One of the models of `settings`, as `describe` shows it."""
    shown = masked({"models": {model.id: _model(model, settings.health_check_timeout)}}, settings)
    [told] = shown["models"].values()
    return dict(told)


def tell(settings: Settings) -> dict[str, Any]:
    """The whole of `settings`, JSON-ready, with all secrets: not to be shown."""
    return {
        "healthCheckTimeout": settings.health_check_timeout,
        "logLevel": settings.log_level,
        "logTimeFormat": settings.log_time_format,
        "logToStdout": settings.log_to_stdout,
        "metricsMaxInMemory": settings.metrics_max_in_memory,
        "captureBuffer": settings.capture_buffer,
        "captures": {
            "level": settings.captures.level,
            "redact": {
                "headers": list(settings.captures.redact_headers),
                "fields": list(settings.captures.redact_fields),
            },
        },
        **_store(settings),
        "ui": {"activity": {"session_id": list(settings.session_id_headers)}},
        "performance": {
            "disabled": settings.performance.disabled,
            "every": _duration(settings.performance.every),
        },
        "prometheus": {"always": settings.prometheus.always, "engines": settings.prometheus.engines},
        "memory": {"settle": settings.memory_settle, "retry": settings.memory_retry},
        "startPort": settings.start_port,
        "sendLoadingState": settings.send_loading_state,
        "includeAliasesInList": settings.include_aliases_in_list,
        "globalTTL": settings.global_ttl,
        "unloadTimeout": settings.unload_timeout,
        "queueSize": settings.queue_size,
        "queueTimeout": settings.queue_timeout,
        "apiKeys": [_api_key(key) for key in settings.api_keys],
        "allowedHosts": list(settings.allowed_hosts),
        "limits": {
            "headerBytes": settings.limits.header_bytes,
            "headerSeconds": settings.limits.header_seconds,
            "bodyBytes": settings.limits.body_bytes,
            "bodyIdle": settings.limits.body_idle,
            "keepAlive": settings.limits.keep_alive,
        },
        "upstream": {"ignorePaths": list(settings.ignore_paths)},
        "models": {id: _model(model, settings.health_check_timeout) for id, model in settings.models.items()},
        "profiles": {name: _profile(profile) for name, profile in settings.profiles.items()},
        "selectors": {id: _selector(selector) for id, selector in settings.selectors.items()},
        "peers": {id: _peer(peer) for id, peer in settings.peers.items()},
        "hooks": _hooks(settings),
        "routing": _routing(settings),
    }


def _store(settings: Settings) -> dict[str, Any]:
    if settings.store_path is None:
        return {}
    kept = {"maxRows": settings.store_max_rows, "maxAge": _duration(settings.store_max_age)}
    return {"store": {"path": settings.store_path, **kept}}


def _api_key(key: ApiKey) -> dict[str, Any]:
    rate, quota = key.rate_limit, key.quota
    return {
        "name": key.name,
        **({"env": key.env} if key.env else {"key": key.key}),
        **({"models": list(key.models)} if key.models else {}),
        "scopes": list(key.scopes),
        "priority": key.priority,
        **({} if rate is None else {"rateLimit": {"requests": rate.requests, "per": _duration(rate.per)}}),
        **({} if quota is None else {"quota": {"tokens": quota.tokens, "per": _duration(quota.per)}}),
    }


def _duration(seconds: float) -> str:
    """As `1m30s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    whole = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{whole}{rest:.9f}".rstrip("0").rstrip(".") + "s"


def _model(model: Model, health_check_timeout: int) -> dict[str, Any]:
    return {
        "cmd": model.cmd,
        "argv": split_command(model.cmd),
        "cmdStop": model.cmd_stop,
        "proxy": model.proxy,
        "checkEndpoint": model.check_endpoint,
        "healthCheckTimeout": health_check_timeout,
        "aliases": list(model.aliases),
        "env": list(model.env),
        "ttl": model.ttl,
        "unloadTimeout": model.unload_timeout,
        "concurrencyLimit": model.concurrency_limit,
        "queueSize": model.queue_size,
        "queueTimeout": model.queue_timeout,
        "unlisted": model.unlisted,
        "useModelName": model.use_model_name,
        "name": model.name,
        "description": model.description,
        "sendLoadingState": model.send_loading_state,
        "filters": _filters(model.filters),
        "metadata": dict(model.metadata),
        "timeouts": _timeouts(model.timeouts),
        **({} if model.slots is None else {"slots": _slots(model.slots)}),
        "compat": {"ignoreWebsockets": model.ignore_websockets},
        "capabilities": _capabilities(model.capabilities),
    }


def _filters(filters: Filters) -> dict[str, Any]:
    return {
        "stripParams": ",".join(filters.strip_params),
        "setParams": dict(filters.set_params),
        "setParamsByID": {name: dict(values) for name, values in filters.set_params_by_id.items()},
    }


def _timeouts(timeouts: Timeouts) -> dict[str, int]:
    return {
        "connect": timeouts.connect,
        "keepalive": timeouts.keepalive,
        "responseHeader": timeouts.response_header,
        "tlsHandshake": timeouts.tls_handshake,
        "expectContinue": timeouts.expect_continue,
        "idleConn": timeouts.idle_conn,
    }


def _slots(slots: Slots) -> dict[str, Any]:
    return {"save": slots.save, "maxBytes": slots.max_bytes, "timeout": slots.timeout}


def _capabilities(capabilities: Capabilities) -> dict[str, Any]:
    return {
        "in": list(capabilities.inputs),
        "out": list(capabilities.outputs),
        "tools": capabilities.tools,
        "reranker": capabilities.reranker,
        "context": capabilities.context,
    }


def _profile(profile: Profile) -> dict[str, Any]:
    return {"description": profile.description, "pins": dict(profile.pins)}


def _selector(selector: Selector) -> dict[str, Any]:
    return {
        "strategy": selector.strategy,
        "targets": list(selector.targets),
        "settings": {"spillover": selector.spillover},
        "name": selector.name,
        "description": selector.description,
        "unlisted": selector.unlisted,
        "metadata": dict(selector.metadata),
    }


def _peer(peer: Peer) -> dict[str, Any]:
    return {
        "proxy": peer.proxy,
        "apiKey": peer.api_key,
        "models": list(peer.models) or "auto",
        "refresh": peer.refresh,
        "caFile": peer.ca_file,
        "failover": list(peer.failover),
        "filters": _filters(peer.filters),
        "timeouts": _timeouts(peer.timeouts),
    }


def _hooks(settings: Settings) -> dict[str, Any]:
    idle = settings.idle_model
    return {
        "on_startup": {"preload": list(settings.preload)},
        **({} if idle is None else {"idle_model": {"model": idle.model, "after": idle.after}}),
        **{moment: [_hook(hook) for hook in settings.hooks.get(moment, ())] for moment in MOMENTS},
    }


def _hook(hook: Hook) -> dict[str, Any]:
    return {
        **({"command": hook.command} if hook.command else {"webhook": hook.webhook}),
        "timeout": hook.timeout,
        "required": hook.required,
        **({} if hook.models is None else {"models": list(hook.models)}),
    }


def _routing(settings: Settings) -> dict[str, Any]:
    router: dict[str, Any] = {"groups": {group.id: _group(group) for group in settings.groups}}
    if settings.matrix is not None:
        router = {"matrix": _matrix(settings.matrix)}
    elif settings.router not in ROUTERS:
        router = {settings.router: dict(settings.router_settings)}
    fifo = {"maxWait": settings.max_wait, "priority": dict(settings.priorities)}
    return {
        "router": {"use": settings.router, "settings": router},
        "scheduler": {"use": "fifo", "settings": {"fifo": fifo}},
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "swap": group.swap,
        "exclusive": group.exclusive,
        "persistent": group.persistent,
        "members": list(group.members),
    }


def _matrix(matrix: Matrix) -> dict[str, Any]:
    return {"vars": dict(matrix.vars), "evict_costs": dict(matrix.evict_costs), "sets": dict(matrix.sets)}
