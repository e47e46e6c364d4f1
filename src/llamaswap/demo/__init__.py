"""Tiny generated models on a real llama.cpp, so that a newcomer sees real swapping without any download."""

from __future__ import annotations


def prepare() -> str:
    """The text of the demo's configuration, once its models exist; see `config.prepare`."""
    from llamaswap.demo import config  # not above: the engine imports this package too, and starts faster without

    return config.prepare()
