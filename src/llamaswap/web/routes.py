"""Every path that the server answers, as one table: who may ask, and which lane answers (http-api section 1).

The table decides nothing about a request beyond that. What it does not find, no lane is ever asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from llamaswap.web import paths
from llamaswap.web.answers import Answer, text


class Lane(Enum):
    """Who answers."""

    MODEL = "model"
    """A model named in the request; relayed."""
    PASSTHROUGH = "passthrough"
    """A model named in the path; relayed."""
    FEED = "feed"
    """An answer that stays open; `endpoint` names what fills it."""
    RESOURCE = "resource"
    """The resource tree; `endpoint` names what answers."""


INFERENCE = frozenset(("inference",))
READ = frozenset(("read",))
ADMIN = frozenset(("admin",))
"""What an API key is needed for."""


class Access(Enum):
    """Who may ask."""

    OPEN = "open"
    KEY = "key"
    """Whoever has an API key, when there are any."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table."""

    path: bytes
    """Ends in `/` when `prefix`."""
    methods: frozenset[bytes]
    """Empty = any. GET brings HEAD."""
    lane: Lane
    endpoint: str
    access: Access = Access.KEY
    prefix: bool = False
    """Everything below `path` belongs to it as well."""
    guarded: bool = False
    """No page of another host may ask (`hosts.py`)."""
    answer: Answer | None = None
    """What the gate answers to everybody whom it admits: nobody else is asked."""
    scopes: frozenset[str] = INFERENCE
    """An API key must be good for one of these (configuration section `apiKeys`)."""
    acts: bool = False
    """It changes something although it is a GET."""
    strip: bytes = b""
    """What is taken off the front of the path before it is forwarded (http-api section 6.6)."""


class Methods:
    """What one path answers, by method."""

    __slots__ = ("_any", "_by_method")

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_method: dict[bytes, Route] = {}
        self._any: Route | None = None
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        for method in route.methods:
            self._by_method[method] = route
        if b"GET" in route.methods:
            self._by_method[b"HEAD"] = route
        if not route.methods:
            self._any = route

    def get(self, method: bytes) -> Route | None:
        return self._by_method.get(method) or self._any

    @property
    def allowed(self) -> bytes:
        """The value of an `Allow` header."""
        return b", ".join(sorted(self._by_method))


class RouteTable:
    """Finds the row for a path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self.exact: Mapping[bytes, Methods] = _grouped(route for route in self.routes if not route.prefix)
        """By decoded path. No key holds a percent sign, so a raw path that is found here needs no decoding."""
        below = _grouped(route for route in self.routes if route.prefix)
        self._below = sorted(below.items(), key=lambda item: -len(item[0]))

    def find(self, path: bytes) -> Methods | None:
        """What the raw path `path` answers; None when it is no route.

        A prefix must stand there as the table spells it: what follows it is handed on raw, so a lane has to find
        the seam again.
        """
        for prefix, methods in self._below:
            if path.startswith(prefix):
                return methods
        return self.exact.get(paths.decoded(path))


def _grouped(routes: Iterable[Route]) -> dict[bytes, Methods]:
    by_path: dict[bytes, list[Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    return {path: Methods(group) for path, group in by_path.items()}


# -- the table ---------------------------------------------------------------------------------------------------

_GET = frozenset({b"GET"})
_POST = frozenset({b"POST"})
_PUT = frozenset({b"PUT"})
_ANY: frozenset[bytes] = frozenset()


def _model(methods: frozenset[bytes], names: str, strip: bytes = b"") -> list[Route]:
    """Rows for the blank-separated paths `names`, answered by the model that the request names."""
    return [Route(name.encode(), methods, Lane.MODEL, "inference", strip=strip) for name in names.split()]


def _resource(
    methods: frozenset[bytes],
    path: str,
    endpoint: str,
    *,
    access: Access = Access.KEY,
    guarded: bool = False,
    prefix: bool = False,
    answer: Answer | None = None,
    scopes: frozenset[str] | None = None,
    acts: bool = False,
) -> Route:
    """A row of the resource lane. Without `scopes`, who may read may GET, and everything else is for admins."""
    if scopes is None:
        scopes = READ if methods == _GET else ADMIN
    return Route(path.encode(), methods, Lane.RESOURCE, endpoint, access, prefix, guarded, answer, scopes, acts)


def _feed(path: str, endpoint: str, scopes: frozenset[str], *, prefix: bool = False) -> Route:
    return Route(path.encode(), _GET, Lane.FEED, endpoint, prefix=prefix, guarded=True, scopes=scopes)


ROUTES: tuple[Route, ...] = (
    *_model(
        _POST,
        """
        /v1/chat/completions /v1/completions /v1/responses /v1/messages /v1/messages/count_tokens /v1/embeddings
        /rerank /reranking /v1/rerank /v1/reranking /infill /completion
        /v1/audio/speech /v1/audio/voices /v1/audio/transcriptions /v1/images/generations /v1/images/edits
        /sdapi/v1/txt2img /sdapi/v1/img2img
        """,
    ),
    *_model(
        _POST,
        """
        /v/chat/completions /v/completions /v/responses /v/messages /v/messages/count_tokens /v/embeddings
        /v/rerank /v/reranking
        """,
        strip=b"/v",
    ),
    *_model(_POST, "/audioapi/v1/tasks/run", strip=b"/audioapi"),
    *_model(_GET, "/v1/audio/voices /sdapi/v1/loras /props"),
    Route(b"/upstream/", _ANY, Lane.PASSTHROUGH, "upstream", prefix=True),
    _resource(_ANY, "/upstream", "upstream_index", access=Access.OPEN),
    Route(b"/comfyui", _ANY, Lane.PASSTHROUGH, "comfyui"),
    Route(b"/comfyui/", _ANY, Lane.PASSTHROUGH, "comfyui", prefix=True),
    _resource(_GET, "/v1/models", "models", scopes=INFERENCE | READ),
    _resource(_GET, "/models", "models", scopes=INFERENCE | READ),
    _resource(_GET, "/running", "running"),
    _resource(_GET, "/unload", "unload", guarded=True, scopes=ADMIN, acts=True),
    _resource(_POST, "/api/models/unload", "unload_all", guarded=True),
    _resource(_POST, "/api/models/unload/", "unload_one", guarded=True, prefix=True),
    _resource(_POST, "/api/models/load/", "load_one", guarded=True, prefix=True),
    _resource(_GET, "/api/models/groups", "model_groups", guarded=True),
    _resource(_GET, "/api/models/detail/", "model_detail", guarded=True, prefix=True),
    _resource(_GET, "/api/schedule", "schedule", guarded=True),
    _resource(_GET, "/api/timeline", "timeline", guarded=True),
    _resource(_GET, "/api/profiles", "profiles", guarded=True),
    _resource(_PUT, "/api/profiles/active", "profile_active", guarded=True),
    _resource(_POST, "/api/config/reload", "reload", guarded=True),
    _resource(_GET, "/api/config", "config", guarded=True, scopes=ADMIN),
    _resource(_POST, "/api/config/check", "config_check", guarded=True),
    _resource(_GET, "/api/config/files/", "config_file", guarded=True, prefix=True, scopes=ADMIN),
    _resource(_PUT, "/api/config/files/", "config_save", guarded=True, prefix=True),
    _resource(_POST, "/api/inflight/", "inflight_cancel", guarded=True, prefix=True),
    _feed("/api/events", "events", READ),
    Route(b"/api/loadtest", _POST, Lane.FEED, "load_test", guarded=True),
    _resource(_GET, "/api/peers", "peers", guarded=True),
    _resource(_GET, "/api/metrics/activity", "activity", guarded=True),
    _resource(_GET, "/api/metrics/stats", "activity_stats", guarded=True),
    _resource(_GET, "/api/metrics/export", "activity_export", guarded=True),
    _resource(_GET, "/api/captures/", "capture", guarded=True, prefix=True, scopes=ADMIN),
    _resource(_GET, "/api/version", "version", guarded=True),
    _resource(_GET, "/metrics", "metrics"),
    _resource(_GET, "/api/performance", "performance", guarded=True),
    _resource(_GET, "/api/hardware", "hardware", guarded=True),
    _resource(_GET, "/api/openapi.json", "openapi", guarded=True),
    _resource(_GET, "/logs", "logs", guarded=True, scopes=ADMIN),
    _feed("/logs/stream", "log_stream", ADMIN),
    _feed("/logs/stream/", "log_stream", ADMIN, prefix=True),
    _feed("/logs/streamSSE", "log_events", ADMIN),
    _feed("/logs/streamSSE/", "log_events", ADMIN, prefix=True),
    _resource(_POST, "/api/login", "login", access=Access.OPEN, guarded=True),
    _resource(_POST, "/api/logout", "logout", access=Access.OPEN, guarded=True),
    _resource(_GET, "/api/session", "session", access=Access.OPEN, guarded=True),
    _resource(_GET, "/health", "health", access=Access.OPEN, answer=text("OK")),
    _resource(_GET, "/wol-health", "health", access=Access.OPEN, answer=text("OK")),
    _resource(_GET, "/", "index", access=Access.OPEN),
    _resource(_GET, "/ui", "ui_index", access=Access.OPEN),
    _resource(_GET, "/ui/", "ui", access=Access.OPEN, prefix=True),
    _resource(_GET, "/favicon.ico", "favicon", access=Access.OPEN),
)
