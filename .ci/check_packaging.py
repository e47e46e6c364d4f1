"""Build the sdist and from it the wheel, install the wheel into a clean environment, and run its commands elsewhere."""

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
IN_WHEEL = (PLUGIN, SCHEMA, "llamaswap/py.typed", "llamaswap/tap.py")
IN_SDIST = (
    PLUGIN,
    f"src/{SCHEMA}",
    "src/llamaswap/tap.py",
    "tests/__init__.py",
    "docs/architecture.md",
    "LICENSE",
    "tox.ini",
)


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
    print("packaging: good")


if __name__ == "__main__":
    main()
