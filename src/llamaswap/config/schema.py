"""The configuration as one immutable tree: what every other part reads, after all defaults are applied.

A default stands here and nowhere else. How text becomes this tree is `load.py`'s business. Keys and rules:
configuration sections 7, 8 and 11 to 17.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from llamaswap.config.concealed import Concealed
from llamaswap.config.source import Place
from llamaswap.ids import ModelId

DEFAULT_GROUP = "(default)"
DEFAULT_PROXY = "http://localhost:${PORT}"
DEFAULT_START_PORT = 5800
NO_CHECK = "none"
"""The `checkEndpoint` of a model that is ready as soon as it runs."""
DEFAULT_IGNORE_PATH = r".*\.(js|json|css|png|gif|jpg|jpeg|ico|txt)$"
ROUTERS = ("group", "matrix")
"""The eviction policies of this package (`routing.router.use`)."""
NOTHING: Mapping[Any, Any] = MappingProxyType({})


def _nothing() -> Mapping[Any, Any]:
    return NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Of connections to a model's server, in seconds; 0 = no limit."""

    connect: int = 30
    keepalive: int = 30
    response_header: int = 0
    tls_handshake: int = 10
    expect_continue: int = 1
    idle_conn: int = 90


PEER_TIMEOUTS = Timeouts(response_header=300)
PEER_REFRESH = 60
"""Seconds between two looks at the models of a peer whose entry names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Keeping what llama.cpp has computed of conversations while its model is not loaded."""

    save: str
    """The directory, which is the engine's `--slot-save-path` as well."""
    max_bytes: int = 8 * 1024**3
    """Of all files in it that we have had written."""
    timeout: float = 10.0
    """Seconds that saving, and restoring, may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is changed in requests before they are forwarded (configuration section 11)."""

    strip_params: tuple[str, ...] = ()
    """Sorted, without `model`."""
    set_params: Mapping[str, Any] = field(default_factory=_nothing)
    """JSON values by path."""
    set_params_by_id: Mapping[str, Mapping[str, Any]] = field(default_factory=_nothing)
    """The same for requests that used exactly that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the listing says that a model can do."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    tools: bool = False
    reranker: bool = False
    context: int = 0


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
    filters: Filters = Filters()
    metadata: Mapping[str, Any] = field(default_factory=_nothing)
    """JSON values for the listing."""
    send_loading_state: bool = False
    timeouts: Timeouts = Timeouts()
    slots: Slots | None = None
    ignore_websockets: bool = False
    """`compat.ignoreWebsockets`: WebSockets neither load this model nor count for anything."""
    capabilities: Capabilities = Capabilities()
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
class Matrix:
    """Which models may run together, as expressions (configuration section 17). All of it is known to be good."""

    sets: Mapping[str, str]
    """Expressions by name, in order of definition."""
    vars: Mapping[str, ModelId] = field(default_factory=_nothing)
    evict_costs: Mapping[ModelId, int] = field(default_factory=_nothing)
    """By model, whatever name the file used; a model that is not listed costs 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another server whose models can be asked for here (configuration section 12)."""

    id: str
    proxy: str
    models: tuple[str, ...]
    """Those that the file names, as the peer calls them, each once; none with `models: auto`."""
    refresh: int = 0
    """Seconds between two looks at what models the peer lists, besides those above; 0 = nobody looks."""
    api_key: str = field(default="", repr=False)
    filters: Filters = Filters()
    timeouts: Timeouts = PEER_TIMEOUTS
    ca_file: str = ""
    """Where the certificates are that alone are trusted to vouch for the peer; empty = those of the system."""
    ca_pem: str = field(default="", repr=False)
    """What that file said when the configuration was read."""
    failover: tuple[str, ...] = ()
    """Peers that are asked for the same model when this one cannot be reached, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A name that stands for one of several models (configuration section 13)."""

    id: str
    strategy: str
    """`warm`, `pin` or `spillover`."""
    targets: tuple[str, ...]
    """As the file names them: model IDs, aliases, peers' models."""
    spillover: int = 1
    """Requests that a target may hold before the next one is started."""
    name: str = ""
    description: str = ""
    unlisted: bool = False
    metadata: Mapping[str, Any] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Names that stand for others while this profile is active (configuration section 14)."""

    name: str
    pins: Mapping[str, str]
    """Requested name to target; an empty target disables the name."""
    description: str = ""


CAPTURE_LEVELS = ("full", "headers", "off")
MOMENTS = ("before_load", "after_load", "before_unload", "after_unload")
"""The turns of a model's life at which hooks run, as the keys of `hooks:` call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Something to do at a turn of a model's life: a command or a webhook, the other is empty."""

    command: str = ""
    webhook: str = field(default="", repr=False)
    """A URL, which may hold a secret."""
    timeout: float = 10.0
    """Seconds it may take."""
    required: bool = False
    """The model is not loaded when it fails."""
    models: tuple[ModelId, ...] | None = None
    """Whose turns; None = every model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleModel:
    """What is loaded when nobody asks for anything."""

    model: ModelId
    after: float = 300.0
    """Seconds without a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How the machine is watched."""

    disabled: bool = False
    every: float = 5.0
    """Seconds between samples."""


SCOPES = ("inference", "read", "admin")
"""What a key can be good for: asking models; seeing how things are; changing that, and seeing logs and captures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """How many requests may come with a key."""

    requests: int
    per: float = 60.0
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many tokens, in and out, a key may spend."""

    tokens: int
    per: float = 24 * 3600.0
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One entry of `apiKeys:`."""

    key: str = field(repr=False)
    name: str
    """What people read in its place; unique."""
    env: str = ""
    """The variable that held it; empty when the file does."""
    models: tuple[str, ...] = ()
    """Shell patterns of the models that it is good for; empty = all."""
    scopes: tuple[str, ...] = SCOPES
    """In the order of `SCOPES`."""
    priority: int = 0
    """Added to that of the model."""
    rate_limit: RateLimit | None = None
    quota: Quota | None = None

    @property
    def rights(self) -> tuple[object, ...]:
        """Everything it says but what it is called."""
        return self.models, self.scopes, self.priority, self.rate_limit, self.quota


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRules:
    """What is captured of requests and answers, and what is left out."""

    level: str = "full"
    """One of `CAPTURE_LEVELS`."""
    redact_headers: tuple[str, ...] = ()
    """Headers whose values are not kept, besides those that never are."""
    redact_fields: tuple[str, ...] = ()
    """Members of JSON whose values are not kept, besides those that never are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """What `/metrics` shows."""

    always: bool = False
    """It answers although the machine is not watched (`Performance.disabled`)."""
    engines: bool = False
    """The figures of loaded models' engines as well."""


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

    models: Mapping[ModelId, Model] = field(default_factory=_nothing)
    """In ascending order of their IDs."""
    aliases: Mapping[str, ModelId] = field(default_factory=_nothing)
    """Every other name of a model: those it lists, and those that its filters and legacy profiles add."""
    groups: tuple[Group, ...] = ()
    """With the router `group`: every model is a member of exactly one, and the last is `(default)`. Else none."""
    matrix: Matrix | None = None
    """With the router `matrix`."""
    router: str = "group"
    """Name of the eviction policy (`routing.router.use`)."""
    router_settings: Mapping[str, Any] = field(default_factory=_nothing)
    """JSON values: the settings of a policy that is not of this package."""
    max_wait: float = 30.0
    """Seconds after which a waiting request may no longer be overtaken; 0 = never."""
    priorities: Mapping[ModelId, int] = field(default_factory=_nothing)
    peers: Mapping[str, Peer] = field(default_factory=_nothing)
    selectors: Mapping[str, Selector] = field(default_factory=_nothing)
    profiles: Mapping[str, Profile] = field(default_factory=_nothing)
    preload: tuple[ModelId, ...] = ()
    """What is loaded at the start (`hooks.on_startup.preload`)."""
    idle_model: IdleModel | None = None
    hooks: Mapping[str, tuple[Hook, ...]] = field(default_factory=_nothing)
    """By moment, in order; a moment without hooks is absent."""
    health_check_timeout: int = 120
    memory_settle: float = 5.0
    """Seconds that a start waits for the memory of what was stopped, at most; 0 = it never does."""
    memory_retry: bool = True
    """A load that ended for want of memory is tried once more, after evicting what is idle."""
    start_port: int = DEFAULT_START_PORT
    global_ttl: int = 0
    unload_timeout: int = 10
    queue_size: int = 256
    queue_timeout: float = 0.0
    send_loading_state: bool = False
    """These five are what models inherit."""
    api_keys: tuple[ApiKey, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    """`Host` values accepted beside the loopback names while no key is set."""
    ignore_paths: tuple[str, ...] = (DEFAULT_IGNORE_PATH,)
    """RE2 patterns of `/upstream/<model>` paths that never load a model."""
    include_aliases_in_list: bool = False
    log_level: str = "info"
    """`debug`, `info`, `warn` or `error`."""
    log_time_format: str = ""
    log_to_stdout: str = "proxy"
    metrics_max_in_memory: int = 1000
    """Rows of the activity store in memory."""
    capture_buffer: int = 5
    """MiB of captured requests and answers; 0 = none are captured."""
    captures: CaptureRules = CaptureRules()
    store_path: str | None = None
    """The file of the activity store; None = in memory."""
    store_place: Place | None = field(default=None, compare=False)
    """Where that stands."""
    store_max_rows: int = 0
    """Rows that the file keeps; 0 = all."""
    store_max_age: float = 0.0
    """Seconds for which it keeps them; 0 = for ever."""
    session_id_headers: tuple[str, ...] = ("X-Session-ID", "X-Litellm-Session-Id")
    """Headers that name the session of a request (`ui.activity.session_id`)."""
    performance: Performance = Performance()
    prometheus: Prometheus = Prometheus()
    limits: Limits = Limits()
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """What the loader accepted but wants to be heard, one line each."""
    concealed: Concealed = field(default=Concealed(), compare=False, repr=False)
    """What came from variables of the environment."""
