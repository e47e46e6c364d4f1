"""Build the sdist and from it the wheel, install the wheel into a clean environment, and run its commands elsewhere.

The same for the example of a package with an eviction policy, in the same environment.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLUGIN = "twisted/plugins/llamaswap_plugin.py"
SCHEMA = "llamaswap/config/config.schema.json"
IN_WHEEL = (PLUGIN, SCHEMA, "llamaswap/web/openapi.yaml", "llamaswap/py.typed", "llamaswap/tap.py")
IN_SDIST = (
    PLUGIN,
    f"src/{SCHEMA}",
    "src/llamaswap/tap.py",
    "tests/__init__.py",
    "docs/architecture.md",
    "LICENSE",
    "tox.ini",
)
LRU = """
models: {a: {cmd: "true", proxy: "http://127.0.0.1:1"}}
routing: {router: {use: lru, settings: {lru: {max: 2}}}}
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command to its successful end; its stdout comes back."""
    print("$", *command, flush=True)
    return subprocess.run(list(map(str, command)), cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def build(target: Path) -> Path:
    """Build both and look inside; the wheel comes back."""
    run(sys.executable, "-m", "build", "--outdir", target, ROOT, cwd=target)
    (sdist,) = target.glob("*.tar.gz")
    (wheel,) = target.glob("*.whl")
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    missing = [name for name in IN_SDIST if name not in in_sdist] + [name for name in IN_WHEEL if name not in in_wheel]
    if missing:
        raise SystemExit(f"not packaged: {', '.join(missing)}")
    if {"twisted/__init__.py", "twisted/plugins/__init__.py"} & in_wheel:
        raise SystemExit("the wheel would overwrite Twisted's own __init__.py")
    return wheel


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
