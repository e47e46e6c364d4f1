"""Build the sdist and from it the wheel, install the wheel into a clean environment, and run its commands elsewhere.

The same for the example of a package with an eviction policy, in the same environment. The web UI is bundled without
a Node on PATH, and again with one there that does not work: both times it comes out the same.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "build_backend"))
from llamaswap_build.bundle import look  # noqa: E402
from llamaswap_build.plan import SWITCH, Step, plan  # noqa: E402

PLUGIN = "twisted/plugins/llamaswap_plugin.py"
SCHEMA = "llamaswap/config/config.schema.json"
UI = "llamaswap/ui_dist/"
PAGES = (f"{UI}index.html", f"{UI}favicon.ico", f"{UI}licenses.txt")
IN_WHEEL = (PLUGIN, SCHEMA, "llamaswap/web/openapi.yaml", "llamaswap/py.typed", "llamaswap/tap.py", *PAGES)
IN_SDIST = (
    PLUGIN,
    f"src/{SCHEMA}",
    "src/llamaswap/tap.py",
    *(f"src/{name}" for name in PAGES),
    "build_backend/llamaswap_build/hooks.py",
    "ui/build.mjs",
    "ui/package-lock.json",
    "tests/__init__.py",
    "docs/architecture.md",
    "LICENSE",
    "tox.ini",
)
NOT_SOURCES = (
    ".git",
    ".tox",
    ".venv",
    ".*_cache",
    ".hypothesis",
    "build",
    "dist",
    "*.egg-info",
    "node_modules",
    "ui_dist",
)
NODE_PROGRAMS = ("node", "nodejs", "npm", "npx", "corepack")
COMPRESSED = (".js", ".css", ".html", ".txt", ".svg")
WORTH_COMPRESSING = 512
LRU = """
models: {a: {cmd: "true", proxy: "http://127.0.0.1:1"}}
routing: {router: {use: lru, settings: {lru: {max: 2}}}}
"""


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command to its successful end; its stdout comes back."""
    print("$", *command, flush=True)
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def checkout(target: Path) -> Path:
    """A copy of this checkout at `target`, with nothing in it that was built."""
    return shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_SOURCES))


def without_node(folder: Path) -> dict[str, str]:
    """An environment like ours, but for Node: `folder` holds links to every other program."""
    folder.mkdir()
    for path in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in path.iterdir() if path.is_dir() else ():
            link = folder / program.name
            if program.name not in NODE_PROGRAMS and not link.is_symlink():
                link.symlink_to(program)
    return {**os.environ, "PATH": str(folder)}


def with_broken_node(folder: Path) -> dict[str, str]:
    """An environment like ours, but `node` and `npm` fail."""
    folder.mkdir()
    for name in NODE_PROGRAMS:
        (folder / name).write_text("#!/bin/sh\nexit 7\n")
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def build(here: Path) -> Path:
    """Build both without Node and look inside; the wheel comes back."""
    target = here / "target"
    sources = checkout(here / "first")
    run(sys.executable, "-m", "build", "--outdir", target, sources, cwd=here, env=without_node(here / "programs"))
    (sdist,) = target.glob("*.tar.gz")
    (wheel,) = target.glob("*.whl")
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(here / "unpacked", filter="data")
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    missing = [name for name in IN_SDIST if name not in in_sdist] + [name for name in IN_WHEEL if name not in in_wheel]
    if missing:
        raise SystemExit(f"not packaged: {', '.join(missing)}")
    if {"twisted/__init__.py", "twisted/plugins/__init__.py"} & in_wheel:
        raise SystemExit("the wheel would overwrite Twisted's own __init__.py")
    (unpacked,) = (here / "unpacked").iterdir()
    if (step := plan(look(unpacked), {})) is not Step.KEEP:
        raise SystemExit(f"an sdist would need Node, to {step.value}")
    return wheel


def pages(wheel: Path) -> dict[str, bytes]:
    """The files of the UI in `wheel`, by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith(UI)}


def check_pages(files: Mapping[str, bytes]) -> None:
    """Compressed copies of all that is worth it, and nothing that only its makers need."""
    worth = [name for name, content in files.items() if name.endswith(COMPRESSED) and len(content) >= WORTH_COMPRESSING]
    missing = [name + end for name in worth for end in (".br", ".gz") if name + end not in files]
    needless = [name for name in files if name.endswith((".map", ".ts", ".tsx")) or "node_modules" in name]
    if missing or needless or not worth:
        raise SystemExit(f"the UI's files: missing {missing}, needless {needless}, {len(worth)} compressed")


def check_again(here: Path, first: Mapping[str, bytes]) -> None:
    """The same sources give the same bytes; a bundle that fails is no package; and the one way to do without."""
    sources = checkout(here / "second")
    environment = with_broken_node(here / "broken")
    command = (sys.executable, "-m", "build", "--wheel", "--outdir", here / "again", sources)
    run(*command, cwd=here, env=environment)
    (wheel,) = (here / "again").glob("*.whl")
    second = pages(wheel)
    if different := sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)):
        raise SystemExit(f"not the same when built again: {', '.join(different)}")
    (sources / "ui" / "build.mjs").write_text('throw new Error("broken on purpose");\n')
    print("$", *command, "  # must fail", flush=True)
    failed = subprocess.run(list(map(str, command)), cwd=here, env=environment, capture_output=True, text=True)
    if not failed.returncode or "broken on purpose" not in failed.stdout + failed.stderr:
        raise SystemExit(f"a broken UI does not end the build:\n{failed.stdout}{failed.stderr}")
    shutil.rmtree(sources / "src" / "llamaswap" / "ui_dist")
    run(*command, cwd=here, env={**environment, SWITCH: "0"})
    if found := pages(wheel):
        raise SystemExit(f"{SWITCH}=0 packs {', '.join(found)}")


def check_policy(here: Path, commands: Path) -> None:
    """The example of a policy's package: its own wheel, installed beside ours, offers what a configuration names."""
    sources = shutil.copytree(ROOT / "contrib" / "lru_policy", here / "lru_policy")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", here / "policy", sources, cwd=here)
    (wheel,) = (here / "policy").glob("*.whl")
    (here / "lru.yaml").write_text(LRU)
    checking = (commands / "llama-swap", "check", here / "lru.yaml")
    if subprocess.run(checking, cwd=here, stdout=subprocess.PIPE).returncode != 1:
        raise SystemExit("llama-swap check finds a policy that is not installed")
    run(commands / "python", "-m", "pip", "install", "--quiet", wheel, cwd=here)
    run(commands / "python", "-m", "pip", "check", cwd=here)
    if (said := run(*checking, cwd=here)) != "ok\n":
        raise SystemExit(f"llama-swap check with contrib/lru_policy says {said!r}")


def main() -> None:
    """Exit 1 at the first thing that is not as a user needs it."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        wheel = build(here)
        check_pages(pages(wheel))
        check_again(here, pages(wheel))
        venv.create(here / "env", with_pip=True)
        commands = here / "env" / "bin"
        run(commands / "python", "-m", "pip", "install", "--quiet", wheel, cwd=here)
        run(commands / "python", "-m", "pip", "check", cwd=here)
        for command in ("twist", "twistd"):
            shown = run(commands / command, "llamaswap", "--help", cwd=here)
            if "--listen" not in shown:
                raise SystemExit(f"{command} llamaswap --help does not show our options:\n{shown}")
        shown = run(commands / "llama-swap", "-version", cwd=here)
        if not shown.startswith("version: "):
            raise SystemExit(f"llama-swap -version says {shown!r}")
        check_policy(here, commands)
    print("packaging: good")


if __name__ == "__main__":
    main()
