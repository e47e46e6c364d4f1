"""No text makes the loader fail in a way of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config import (
    filters,
    groups,
    matrix,
    models,
    peers,
    profiles,
    sections,
    selectors,
    server,
    slots,
    timeouts,
)
from llamaswap.config.describe import describe
from llamaswap.config.load import load
from llamaswap.config.schema import MOMENTS, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.test_describe import read_again, without_ports

PIECES = st.sampled_from(
    "models: groups: apiKeys: cmd: proxy: <<: &a *a *b ${PORT} ${PID} ${X} !!int !!binary ! | > - ? : , [ ] { } # ---"
    " ... %YAML %TAG ' \" \\ \\u \\U0011ffff 0x 09 1e400 .inf 2024-13-01 ~ \n \t \r \x85 \u2028 \ufeff \x00 \ud800"
    "".split(" ")
)
TABLES = (
    sections.KEYS, server.LIMITS, server.MEMORY, server.PERFORMANCE, models.KEYS, models.CAPABILITIES, slots.KEYS,
    groups.KEYS, filters.KEYS, peers.KEYS, profiles.KEYS, selectors.KEYS, timeouts.KEYS,
)  # fmt: skip
NAMES = sorted({key.name for table in TABLES for key in table} | set(sections.ELSEWHERE) | set(matrix.KEYS))
OTHERS = (
    "router scheduler use settings fifo members priority maxWait macros m n p q s (default) p/x strip_params spillover"
    " ignoreWebsockets ignorePaths activity session_id path on_startup preload pins description"
).split()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        "m n p/x x s group matrix fifo none warm pin spillover ${PORT} ${MODEL_ID} ${PID} http://h:1 http://[ %zz 5s"
        " 1h5ms 0 + & ( m|n m&+s (m|n)&x text image".split()
    ),
    st.sampled_from(["", "s ${PORT}", "m & n", "+s | m"]),
)
KEYS = st.one_of(st.sampled_from(NAMES + OTHERS), st.text(max_size=4))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)


def keys(**given: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A section with some of these keys."""
    return st.fixed_dictionaries({}, optional=given)


def needs(required: dict[str, st.SearchStrategy[Any]], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A section with these keys, and some of those `given`."""
    return st.fixed_dictionaries(required, optional=given)


COUNTS = st.integers(0, 9)
SWITCHES = st.sampled_from([True, False, "yes"])
VALUES = st.dictionaries(st.sampled_from("abc"), st.sampled_from([1, 2.5, None, "x", ["y"]]), max_size=2)
MODEL_IDS = st.sampled_from("mno")
LOCAL = st.sampled_from(["m", "n", "o", "al"])
BASE = st.sampled_from(["m", "n", "o", "al", "x", "p/x"])
EXPRESSIONS = st.sampled_from(["m", "m & n", "(m | n) & o", "+s & o", "n | v"])
FILTERS = keys(stripParams=st.just("a, b"), setParams=VALUES, setParamsByID=st.dictionaries(st.just("m:1"), VALUES))
TIMEOUTS = keys(**dict.fromkeys((key.name for key in timeouts.KEYS), COUNTS))
ABLE = keys(
    tools=SWITCHES, context=COUNTS, **dict.fromkeys(("in", "out"), st.lists(st.sampled_from(models.MODALITIES)))
)
MODEL = needs(
    {"cmd": st.sampled_from(["s", "s ${PORT}"]), "proxy": st.just("http://h:1")},
    **dict.fromkeys(("ttl", "unloadTimeout", "concurrencyLimit", "queueSize", "queueTimeout"), COUNTS),
    **dict.fromkeys(("name", "description", "useModelName", "cmdStop"), st.just("x")),
    **dict.fromkeys(("unlisted", "sendLoadingState"), SWITCHES),
    metadata=VALUES,
    timeouts=TIMEOUTS,
    capabilities=ABLE,
    slots=needs({"save": st.just("/x")}, maxBytes=st.integers(1, 9), timeout=st.integers(1, 9)),
    compat=keys(ignoreWebsockets=SWITCHES),
)
NAMED_MODEL = st.builds(lambda model, more: {**model, **more}, MODEL, keys(aliases=st.just(["al"]), filters=FILTERS))
PEER = needs(
    {"proxy": st.just("http://p"), "models": st.lists(st.sampled_from("xy"), min_size=1, max_size=3)},
    apiKey=st.just("k"),
    timeouts=TIMEOUTS,
    filters=FILTERS,
)
SELECTOR = needs(
    {"strategy": st.sampled_from(selectors.STRATEGIES), "targets": st.lists(BASE, min_size=1, max_size=2)},
    settings=keys(spillover=st.integers(1, 3)),
    unlisted=SWITCHES,
    metadata=VALUES,
)
MATRIX = needs(
    {
        "vars": st.just({"v": "o"}),
        "sets": st.builds(lambda one, two: {"s": one, "t": two}, st.just("m & n"), EXPRESSIONS),
    },
    evict_costs=st.dictionaries(MODEL_IDS, st.integers(1, 5)),
)
GROUP = keys(**dict.fromkeys(("swap", "exclusive", "persistent"), SWITCHES))
GROUPS = st.builds(
    lambda group, members: {"g": {**group, "members": members}}, GROUP, st.lists(MODEL_IDS, unique=True, max_size=3)
)
ROUTING = st.one_of(
    st.just({}),
    st.builds(lambda groups: {"groups": groups}, GROUPS),
    st.builds(lambda matrix: {"matrix": matrix}, MATRIX),
    st.builds(lambda members: {"profiles": {"f": members, "h": ["n"]}}, st.lists(LOCAL, max_size=3)),
    st.builds(lambda groups: {"routing": {"router": {"settings": {"groups": groups}}}}, GROUPS),
    st.builds(
        lambda matrix, priority: {
            "routing": {
                "router": {"use": "matrix", "settings": {"matrix": matrix}},
                "scheduler": {"use": "fifo", "settings": {"fifo": {"maxWait": 5, "priority": priority}}},
            }
        },
        MATRIX,
        st.dictionaries(MODEL_IDS, COUNTS),
    ),
)
HOOK = st.builds(
    lambda action, more: {**action, **more},
    st.sampled_from([{"command": "say x"}, {"webhook": "http://h:1/x"}]),
    keys(timeout=st.integers(1, 9), required=SWITCHES, models=st.lists(LOCAL, max_size=2)),
)
HOOKS = keys(
    on_startup=st.builds(lambda names: {"preload": names}, st.lists(LOCAL)),
    idle_model=needs({"model": LOCAL}, after=st.integers(1, 9)),
    **dict.fromkeys(MOMENTS, st.one_of(HOOK, st.lists(HOOK, max_size=2))),
)
SERVER = keys(
    **dict.fromkeys(("healthCheckTimeout", "globalTTL", "unloadTimeout", "queueSize", "captureBuffer"), COUNTS),
    metricsMaxInMemory=COUNTS,
    sendLoadingState=SWITCHES,
    includeAliasesInList=SWITCHES,
    performance=keys(disabled=SWITCHES, every=st.sampled_from(["5s", "1h5s", "0s"])),
    store=st.just({"path": "/x"}),
    ui=st.just({"activity": {"session_id": ["A"]}}),
    hooks=HOOKS,
    apiKeys=st.just(["k", {"key": "l", "scopes": ["read"], "rateLimit": {"requests": 2, "per": "5s"}}]),
    upstream=st.just({"ignorePaths": ["x"]}),
    limits=st.just({"keepAlive": 3}),
    peers=st.dictionaries(st.sampled_from("pq"), PEER),
    selectors=st.dictionaries(st.just("z"), SELECTOR),
    profiles=st.builds(lambda pins: {"f": {"pins": {"w": "", **pins}}}, st.dictionaries(BASE, BASE, max_size=2)),
)
FILES = st.builds(
    lambda m, n, server, routing: {"models": {"m": m, "n": n, "o": {"cmd": "${PORT}"}}, **server, **routing},
    NAMED_MODEL,
    MODEL,
    SERVER,
    ROUTING,
)


def spoilt(tree: Any, place: int, instead: Any) -> Any:
    """`tree` with one of its values, the deepest ones included, replaced."""
    spots = list(containers(tree))
    container, key = spots[place % len(spots)]
    container[key] = instead
    return tree


def containers(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every value in `tree`, as the container that holds it and its key there."""
    for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        yield tree, key
        if isinstance(value, dict | list):
            yield from containers(value)


class LoadTests(SynchronousTestCase):
    """Anything goes in; settings or problems come out."""

    def check(self, text: str) -> None:
        try:
            loaded = load([Source("c.yaml", text)])
        except ConfigurationError as error:
            told = [(problem.file, problem.line, problem.column, problem.message) for problem in error.problems]
            assert told and len(set(told)) == len(told), "each mistake is told once"
            return
        self.check_settings(loaded)

    def check_settings(self, loaded: Settings) -> None:
        assert list(loaded.models) == sorted(loaded.models)
        members = [model for group in loaded.groups for model in group.members]
        if loaded.router == "group":
            assert sorted(members) == list(loaded.models), "every model is in exactly one group"
        else:
            assert loaded.matrix and not loaded.groups
        ports = [model.port for model in loaded.models.values() if model.port is not None]
        assert len(set(ports)) == len(ports)
        assert {*loaded.aliases.values(), *loaded.preload, *loaded.priorities} <= set(loaded.models)
        assert not set(loaded.aliases) & set(loaded.models)
        json.dumps(describe(loaded), allow_nan=False)
        self.assertEqual(read_again(loaded), without_ports(loaded))

    @settings(deadline=None)
    @given(st.text())
    def test_any_text(self, text: str) -> None:
        """Arbitrary characters."""
        self.check(text)

    @settings(max_examples=400, deadline=None)
    @given(st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30), st.sampled_from(["", " ", "\n", "\n  "]))
    def test_text_that_looks_like_yaml(self, pieces: list[str], between: str) -> None:
        """Pieces of YAML in any order."""
        self.check(between.join(pieces))

    @settings(max_examples=300, deadline=None)
    @given(TREES)
    def test_any_structure(self, tree: object) -> None:
        """Good YAML that holds the wrong things."""
        self.check(json.dumps(tree))

    @settings(max_examples=300, deadline=None)
    @given(FILES)
    def test_files(self, tree: dict[str, Any]) -> None:
        """What looks good is good, but for what a random choice of names gets wrong."""
        self.check(json.dumps(tree))

    @settings(max_examples=400, deadline=None)
    @given(FILES, st.integers(0, 99), TREES)
    def test_one_value_is_another(self, tree: dict[str, Any], place: int, instead: object) -> None:
        """One value of such a file replaced by anything."""
        self.check(json.dumps(spoilt(deepcopy(tree), place, instead)))
