"""Whose memory it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamaswap.hardware.attribution import by_gpu
from llamaswap.ids import ModelId
from tests.support.machines import gpu

A, B, C = ModelId("a"), ModelId("b"), ModelId("c")


def test_families_and_sessions() -> None:
    """Card by card; who left the family is known by the session, and strangers are nobody's."""
    cards = [gpu(0, processes={10: 100, 11: 50, 30: 7, 99: 1000}), gpu(1, processes={11: 25, 20: 3})]
    found = by_gpu({A: 10, B: 20, C: 40}, {A: {10, 11}, B: {20}, C: {40}}, {30: 20, 99: 98}, cards)
    assert found == {A: {0: 150, 1: 25}, B: {0: 7, 1: 3}}


def test_nothing() -> None:
    """No models, or no processes."""
    assert by_gpu({}, {}, {1: 1}, [gpu(processes={1: 5})]) == {}
    assert by_gpu({A: 1}, {A: {1}}, {}, [gpu()]) == {}


_PIDS = st.integers(1, 12)


@given(
    st.dictionaries(st.sampled_from([A, B, C]), st.sets(_PIDS, max_size=4), max_size=3),
    st.dictionaries(_PIDS, _PIDS),
    st.lists(st.dictionaries(_PIDS, st.integers(1, 100)), max_size=3),
)
def test_nothing_is_invented(
    families: dict[ModelId, set[int]], sessions: dict[int, int], held: list[dict[int, int]]
) -> None:
    """All models together hold no more than all processes do."""
    leaders = {model: min(family) for model, family in families.items() if family}
    found = by_gpu(leaders, families, sessions, [gpu(processes=each) for each in held])
    assert sum(sum(cards.values()) for cards in found.values()) <= sum(sum(each.values()) for each in held)
    assert set(found) <= set(families)
