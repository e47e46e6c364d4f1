"""The configuration as one immutable tree: what every other part reads, after all defaults are applied.

A default stands here and nowhere else. How text becomes this tree is `load.py`'s business. Keys and rules:
configuration sections 7, 8 and 16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from llamaswap.ids import ModelId

DEFAULT_GROUP = "(default)"
DEFAULT_PROXY = "http://localhost:${PORT}"
DEFAULT_START_PORT = 5800
NO_CHECK = "none"
"""The `checkEndpoint` of a model that is ready as soon as it runs."""
DEFAULT_IGNORE_PATH = r".*\.(js|json|css|png|gif|jpg|jpeg|ico|txt)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One entry of `models:`; every inherited value is filled in."""

    id: ModelId
    cmd: str = ""
    cmd_stop: str = ""
    proxy: str = ""
    """Base URL of the model's server."""
    check_endpoint: str = "/health"
    """Path as a request line carries it, or `NO_CHECK`."""
    env: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    use_model_name: str = ""
    ttl: int = 0
    """Seconds of idleness before it is unloaded; 0 = never."""
    unload_timeout: int = 10
    """Seconds between the polite stop and the kill."""
    concurrency_limit: int = 10
    """Requests served at once."""
    queue_size: int = 256
    """Requests that may wait beyond that."""
    queue_timeout: float = 0.0
    """Seconds a request may wait for its grant; 0 = as long as it likes."""
    unlisted: bool = False
    name: str = ""
    description: str = ""
    port: int | None = None
    """The number that `${PORT}` became in `cmd`; None when `cmd` names no `${PORT}`, so the port is not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Which models may run together (configuration section 16.2)."""

    id: str
    members: tuple[ModelId, ...] = ()
    swap: bool = True
    exclusive: bool = True
    persistent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may ask of the server. None of these ends a request that waits for a model or is being answered."""

    header_bytes: int = 128 * 1024
    header_seconds: float = 30.0
    body_bytes: int = 512 * 1024 * 1024
    body_idle: float = 60.0
    keep_alive: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration."""

    models: Mapping[ModelId, Model] = field(default_factory=lambda: MappingProxyType({}))
    """In ascending order of their IDs."""
    groups: tuple[Group, ...] = ()
    """Every model is a member of exactly one; the last is `(default)`."""
    router: str = "group"
    """Name of the eviction policy (`routing.router.use`)."""
    max_wait: float = 30.0
    """Seconds after which a waiting request may no longer be overtaken; 0 = never."""
    priorities: Mapping[ModelId, int] = field(default_factory=lambda: MappingProxyType({}))
    health_check_timeout: int = 120
    api_keys: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    """`Host` values accepted beside the loopback names while no key is set."""
    ignore_paths: tuple[str, ...] = (DEFAULT_IGNORE_PATH,)
    """RE2 patterns of `/upstream/<model>` paths that never load a model."""
    include_aliases_in_list: bool = False
    log_level: str = "info"
    """`debug`, `info`, `warn` or `error`."""
    log_time_format: str = ""
    log_to_stdout: str = "proxy"
    limits: Limits = Limits()
    warnings: tuple[str, ...] = ()
    """What the loader accepted but wants to be heard, one line each."""
