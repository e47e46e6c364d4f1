"""What things are called, in the words of http-api section 19. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ARCHITECTURES = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "armv7",
    "armv7": "armv7",
    "armv8l": "armv7",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
_FAMILIES = {"linux": "linux", "darwin": "macos", "windows": "windows", "freebsd": "freebsd"}


def architecture(machine: str) -> Mapping[str, Any]:
    """Of what `uname -m` says."""
    raw = machine.strip() or None
    name = _ARCHITECTURES.get(machine.strip().lower(), "other")
    return {"name": name, "raw_name": raw if raw != name else None}


def operating_system(system: str, name: str | None, version: str | None, kernel: str | None) -> Mapping[str, Any]:
    """Of what `uname -s` and the system itself say."""
    family = _FAMILIES.get(system.strip().lower(), "other")
    told = {"family": family, "name": name, "version": version, "kernel": kernel}
    return {**told, "raw_family": system.strip() or None} if family == "other" else told


def release(text: str) -> Mapping[str, str]:
    """The assignments of an `os-release` file."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            found[name] = _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    """A word of a shell, without its quotes; `\\` stands for what follows it inside double ones."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        if value[0] == "'":
            return inner
        for character in '"$`\\':
            inner = inner.replace("\\" + character, character)
        return inner
    return value
