"""When does Python look for garbage in cycles?

Not while the program is loaded, where there is none, and never again among what was loaded: one look at all of that
takes some 50 ms, in which nobody is served. Only for command lines: the garbage of an embedder's process is the
embedder's.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 10_000
"""Objects that come to be before the next look at the young ones: what many requests under way hold is no garbage."""


@contextmanager
def loading() -> Iterator[None]:
    """The program is being loaded; what has been when the block ends is there to stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(_YOUNG)
        gc.enable()
