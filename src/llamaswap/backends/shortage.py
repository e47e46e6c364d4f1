"""Did a server end because there was not enough memory for it? Judged by its end, and by the last that it said.

Pure. What follows from it is the scheduler's business (W-19).
"""

from __future__ import annotations

import re
import signal

TAIL = 16 * 1024
"""Bytes of output that are looked at: engines say more after the error, but not much more."""
_LONGEST_QUOTE = 160
_TICK = "'"
"""Stands for the sign that a quotation ends with."""
_QUOTED = re.compile(r"it said `[^`]*(?:`|\Z)")

_WORDS = (
    # the system, C++ and Python
    r"cannot allocate memory",
    r"std::bad_alloc",
    r"\bmemoryerror\b",
    # any of CUDA, ROCm, Metal, torch, JAX; `OutOfMemoryError`, `cudaErrorOutOfMemory`, `hipErrorOutOfMemory` as well
    r"out of memory",
    r"outofmemory",
    r"insufficient memory",
    r"not enough (?:\w+ )?memory",
    r"cu(?:blas|dnn)_status_alloc_failed",
    # llama.cpp, whatever its backend
    r"failed to allocate",
    r"unable to allocate",
    r"device memory allocation of size \d+ failed",
    # Vulkan
    r"outofdevicememory",
    r"outofhostmemory",
    r"error_out_of_(?:device|host)_memory",
    # vLLM
    r"no available memory for the cache blocks",
    r"free memory on device .{0,120}is less than desired",
)
_PATTERN = re.compile("|".join(_WORDS), re.IGNORECASE)


def shortage(by_signal: int | None, output: bytes) -> str | None:
    """What shows that it was short of memory, for people; None when nothing does.

    `by_signal` ended it, which nobody here has sent; `output` is the last that it said.
    """
    text = output[-TAIL:].decode("utf-8", "replace")
    for line in reversed(text.splitlines()):
        if _PATTERN.search(line):
            return f"it said `{' '.join(line.split())[:_LONGEST_QUOTE].replace('`', _TICK)}`"
    if by_signal == signal.SIGKILL:
        return "the system kills so when memory runs out"
    return None


def without_quotation(why: str) -> str:
    """A cause as those may read it who may not read the model's log: `shortage`'s words without the line, also when
    its end was cut off."""
    return _QUOTED.sub("its log says so", why)
