"""The command line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from urllib.parse import quote

from tests.journeys.upstream.scripts import Shelf
from tests.journeys.upstream.server import Upstream


def main() -> None:
    """Listen and serve until killed, or fail as the options say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--ready", type=float, default=0.0)
    parser.add_argument("--exit", type=int)
    parser.add_argument("--scripts", type=Path)
    parser.add_argument("--pids", type=Path)
    options = parser.parse_args()
    if options.exit is not None:
        print("error: failed to load model: out of memory", file=sys.stderr)
        print("error: cannot allocate 23.4 GiB on device 0", file=sys.stderr)
        sys.exit(options.exit)
    if options.pids is not None:
        (options.pids / quote(options.name, safe="")).write_text(str(os.getpid()))
    Upstream(options.port, options.name, options.ready, Shelf(options.scripts)).run()


main()
