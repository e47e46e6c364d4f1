"""Which file holds which slot of which launch, and which files must go."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamaswap.backends.slot_names import Kept, Names, names_of, stem, surplus, weights
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId


def model(id: str = "m", **more: Any) -> Model:
    return Model(id=ModelId(id), **{"cmd": "llama-server -m /models/a.gguf --port 5800", "port": 5800, **more})


def names(id: str = "m", files: tuple[tuple[str, int, int], ...] = (), **more: Any) -> Names:
    return names_of(model(id, **more), files)


@given(st.text())
def test_a_name_is_one_piece_of_a_path(id: str) -> None:
    """Whatever an ID holds: no separator, no way up, no hidden file, nothing that an engine refuses."""
    name = names(id).of(3)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.bin", name)
    assert ".." not in name and len(name) < 128


@pytest.mark.parametrize(
    "id", ["../../etc/passwd", "a/b", "a\\b", ".hidden", "-rf", "a..b", "", "x" * 300, "näme", "a\0b"]
)
def test_names_that_were_changed_are_told_apart(id: str) -> None:
    """What two IDs have become may look alike, so each carries a digest."""
    assert re.fullmatch(r"[A-Za-z0-9_.-]*-[0-9a-f]{8}", stem(ModelId(id)))


def test_readable() -> None:
    """An ordinary ID is seen in the name; two that look alike differ."""
    assert stem(ModelId("qwen2.5-7b_q4")) == "qwen2.5-7b_q4"
    assert stem(ModelId("a/b")) != stem(ModelId("a_b"))
    assert stem(ModelId("a/b")).startswith("a_b-")


def test_another_launch_has_other_names() -> None:
    """Its words, its environment, its check, its ID, or the weights at the same path; but not the port."""
    files = (("/models/a.gguf", 10, 20),)
    base = names(files=files).of(0)
    others = [
        names(files=files, cmd="llama-server -m /models/a.gguf -c 1 --port 5800"),
        names(files=files, env=("A=1",)),
        names(files=files, check_endpoint="/ready"),
        names("n", files=files),
        names(files=(("/models/a.gguf", 10, 21),)),
        names(files=()),
    ]
    assert len({base, *(other.of(0) for other in others)}) == 7
    moved = names(files=files, cmd="llama-server  -m /models/a.gguf --port 5801", port=5801)
    assert moved.of(0) == base


def test_weights() -> None:
    """Other words may be files that change all the time, such as logs."""
    assert weights(model(cmd="s -m /a.gguf --mmproj 'b c.GGUF' --log-file x.log")) == ["/a.gguf", "b c.GGUF"]


def test_slots() -> None:
    """A name leads back to its slot, if it is of this model and this launch."""
    ours = names()
    assert [ours.slot(ours.of(slot)) for slot in (0, 7, 12)] == [0, 7, 12]
    others = [
        names("n").of(0),
        names(env=("A=1",)).of(0),
        "x" + ours.of(0),
        ours.of(0) + "x",
        "m-0.bin",
        ours.of(123456),
    ]
    assert [ours.slot(name) for name in others] == [None] * len(others)
    assert ours.outdated(names(env=("A=1",)).of(0))
    assert not any(ours.outdated(name) for name in (ours.of(0), names("n").of(0), "m-notes.bin"))


def test_surplus() -> None:
    """Files of other launches go, one that is larger than all may be goes, then the oldest, until the rest fits."""
    mine, before, other = names(), names(env=("A=1",)), names("n")
    files = [
        Kept(mine.of(0), 40, 3.0),
        Kept(mine.of(1), 40, 5.0),
        Kept(other.of(0), 40, 1.0),
        Kept(other.of(1), 101, 9.0),
        Kept(before.of(0), 1, 8.0),
        Kept("precious.bin", 1000, 0.0),
        Kept("m-precious-0.bin", 1000, 0.0),
    ]
    assert surplus(files, mine, 100) == [other.of(1), before.of(0), other.of(0)]
    assert surplus(files, mine, 79) == [other.of(1), before.of(0), other.of(0), mine.of(0)]
    assert surplus(files, mine, 221) == [before.of(0)]
    assert surplus([], mine, 1) == []
