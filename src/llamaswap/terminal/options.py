"""The options that both commands share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from llamaswap.config.schema import Timeouts
from llamaswap.terminal.client import KEY_VARIABLE, BadAddress, Client, origin_of
from llamaswap.wire.upstream import Upstream

DEFAULT_URL = "http://127.0.0.1:8080"
_TIMEOUTS = Timeouts(connect=10, response_header=20)


def add_server(parser: argparse.ArgumentParser) -> None:
    """Which server is asked, and how it is known that one may."""
    parser.add_argument(
        "--url", "-url", default=DEFAULT_URL, metavar="URL", help=f"where the server is (default: {DEFAULT_URL})"
    )
    parser.add_argument(
        "--key",
        "-key",
        default="",
        metavar="KEY",
        help=f"an API key; better given in the variable {KEY_VARIABLE}, as a command line can be seen by others",
    )
    parser.add_argument(
        "--ca-file",
        "-ca-file",
        metavar="FILE",
        help="certificates (PEM) that may vouch for a server with https://, in place of the system's",
    )


def client_of(options: argparse.Namespace, reactor: Any) -> Client:
    """A client for the server that the options name. Raises `BadAddress`."""
    authorities = None
    if options.ca_file:
        try:
            authorities = Path(options.ca_file).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise BadAddress(f"--ca-file: cannot read {error.filename}: {error.strerror}") from error
    upstream = Upstream(reactor, origin_of(options.url), timeouts=_TIMEOUTS, authorities=authorities)
    upstream.retire()
    return Client(upstream, options.key or os.environ.get(KEY_VARIABLE, ""), reactor)
