"""Short ways to load a text in a test, and to see what was found wrong with it.

What is good for the loader is held against the JSON Schema as well.
"""

from __future__ import annotations

from textwrap import dedent

from llamaswap.config.load import load
from llamaswap.config.schema import Model, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError, Problem
from llamaswap.ids import ModelId
from tests.config.places import check_agreement

FIXED = 'cmd: s, proxy: "http://h:1"'
"""The keys of a model that needs no port."""


def settings(text: str) -> Settings:
    """What `text` means; it must be good."""
    loaded = load([Source("c.yaml", dedent(text))])
    check_agreement(dedent(text), loaded.warnings)
    return loaded


def model(keys: str) -> Model:
    """What the one model `m` with these keys, in braces, becomes."""
    return settings(f"models: {{m: {{{keys}}}}}").models[ModelId("m")]


def problems(text: str) -> tuple[Problem, ...]:
    """What is wrong with `text`; something must be."""
    try:
        load([Source("c.yaml", dedent(text))])
    except ConfigurationError as error:
        return error.problems
    raise AssertionError(f"loads: {text}")


def keys_of(found: Settings) -> tuple[str, ...]:
    """The texts of the API keys."""
    return tuple(key.key for key in found.api_keys)


def only(text: str) -> str:
    """The one problem of `text`, as a line."""
    (problem,) = problems(text)
    return str(problem)


def warnings(text: str) -> str:
    """What is odd about `text`, which is good, as lines."""
    return "\n".join(settings(text).warnings)
