"""`python -m llamaswap.demo.engine`: llama.cpp's own HTTP server as a command, of the package `xllamacpp`.

A model server like any other: it is told a file and a port, answers 503 while it loads, and ends with status 0
on SIGTERM. It knows nothing of the program that starts it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from xllamacpp import CommonParams

STOPS = (signal.SIGTERM, signal.SIGINT)


def arguments() -> ArgumentParser:
    """The command line, with llama-server's own names where it has one."""
    parser = ArgumentParser(prog="llamaswap.demo.engine", description="llama.cpp's HTTP server for one GGUF file.")
    parser.add_argument("--model", required=True, metavar="FILE")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--alias", default="", help="the name that answers carry (default: the file's)")
    parser.add_argument("--ctx-size", default=4096, type=int, help="tokens that all slots share")
    parser.add_argument("--parallel", default=4, type=int, help="requests answered at once")
    parser.add_argument("--threads", default=1, type=int)
    parser.add_argument("--embedding", action="store_true", help="answer /v1/embeddings")
    parser.add_argument("--rerank", action="store_true", help="answer /v1/rerank")
    parser.add_argument(
        "--slot-save-path", default="", metavar="DIR", help="answer /slots/{id}?action=save and =restore"
    )
    parser.add_argument("--load-seconds", default=0.0, type=float, help="imitate a model that takes long to load")
    return parser


def serve(options: Namespace) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then leave with status 0."""
    time.sleep(options.load_seconds)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # before the server's threads exist, so that they inherit it
    from xllamacpp import Server

    server = Server(parameters(options))
    signal.sigwait(STOPS)
    print(f"stopping {server.listening_address}", file=sys.stderr, flush=True)
    os._exit(0)  # destroying the server instead hangs while a request is in flight


def parameters(options: Namespace) -> CommonParams:
    """The options in llama.cpp's words."""
    from xllamacpp import CommonParams, llama_pooling_type

    params = CommonParams()
    params.model.path = options.model
    params.hostnames = [options.host]
    params.port = options.port
    params.n_ctx = options.ctx_size
    params.n_parallel = options.parallel
    params.kv_unified = True
    params.cpuparams.n_threads = options.threads
    params.endpoint_metrics = True
    if options.alias:
        params.model_alias = {options.alias}
    if options.slot_save_path:
        params.slot_save_path = os.path.join(options.slot_save_path, "")  # the engine puts file names right behind it
    if options.embedding or options.rerank:
        params.embedding = True
        params.pooling_type = (
            llama_pooling_type.LLAMA_POOLING_TYPE_RANK if options.rerank else llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        )
    return params


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line."""
    serve(arguments().parse_args(argv))


if __name__ == "__main__":
    main()
