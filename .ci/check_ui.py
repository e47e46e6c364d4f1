"""The web UI's own checks: types, lint and unit tests, with the Node that builds it, in a copy of its sources."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "build_backend"))
from llamaswap_build.bundle import NPM, node_folder  # noqa: E402

DESCRIPTION = "src/llamaswap/web/openapi.yaml"
"""What the types of the API are made of."""


def main() -> None:
    """Exit with the status of the first command that fails."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        ui = shutil.copytree(ROOT / "ui", here / "ui", ignore=shutil.ignore_patterns("node_modules"))
        (here / DESCRIPTION).parent.mkdir(parents=True)
        shutil.copy(ROOT / DESCRIPTION, here / DESCRIPTION)
        programs = here / "programs"
        programs.mkdir()
        (programs / "node").symlink_to(node_folder() / "bin" / "node")
        (programs / "npm").write_text(f'#!/bin/sh\nexec node "{node_folder() / NPM}" "$@"\n')
        (programs / "npm").chmod(0o755)
        environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        for command in ("npm ci", "npm run check", "npm test"):
            print("$", command, flush=True)
            if status := subprocess.run(command.split(), cwd=ui, env=environment).returncode:
                raise SystemExit(status)


if __name__ == "__main__":
    main()
