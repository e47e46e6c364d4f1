"""No text makes the loader fail in a way of its own."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config import models, routing, server
from llamaswap.config.load import load
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError

PIECES = st.sampled_from(
    "models: groups: apiKeys: cmd: proxy: <<: &a *a *b ${PORT} ${PID} ${X} !!int !!binary ! | > - ? : , [ ] { } # ---"
    " ... %YAML %TAG ' \" \\ \\u \\U0011ffff 0x 09 1e400 .inf 2024-13-01 ~ \n \t \r \x85 \u2028 \ufeff \x00 \ud800"
    "".split(" ")
)
NAMES = sorted(
    {key.name for key in (*server.KEYS, *server.INHERITED, *server.LIMITS, *models.KEYS, *routing.GROUP_KEYS)}
)
OTHERS = [
    "models",
    "startPort",
    "routing",
    "router",
    "scheduler",
    "use",
    "settings",
    "fifo",
    "groups",
    "matrix",
    "members",
    "priority",
    "m",
    "(default)",
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        [
            "m",
            "group",
            "fifo",
            "none",
            "${PORT}",
            "${MODEL_ID}",
            "${PID}",
            "http://h:1",
            "s ${PORT}",
            "",
            "http://[",
            "%zz",
        ]
    ),
)
KEYS = st.one_of(st.sampled_from(NAMES + OTHERS), st.text(max_size=4))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "models": st.dictionaries(
            st.one_of(st.sampled_from("mn"), st.text(max_size=3)), st.dictionaries(KEYS, TREES, max_size=5), max_size=3
        ),
        "groups": st.dictionaries(
            st.text(max_size=3), st.one_of(TREES, st.fixed_dictionaries({"members": st.lists(SCALARS)})), max_size=3
        ),
        "routing": TREES,
        "limits": TREES,
        "apiKeys": TREES,
        "startPort": SCALARS,
    },
)


class LoadTests(SynchronousTestCase):
    """Anything goes in; settings or problems come out."""

    def check(self, text: str) -> None:
        try:
            loaded = load([Source("c.yaml", text)])
        except ConfigurationError as error:
            assert error.problems
            return
        assert list(loaded.models) == sorted(loaded.models)
        members = [model for group in loaded.groups for model in group.members]
        assert sorted(members) == list(loaded.models), "every model is in exactly one group"
        ports = [model.port for model in loaded.models.values() if model.port is not None]
        assert len(set(ports)) == len(ports)

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
    @given(st.one_of(TREES, SECTIONS))
    def test_any_structure(self, tree: object) -> None:
        """Good YAML that holds the wrong things."""
        self.check(json.dumps(tree))
