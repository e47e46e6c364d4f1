"""`llama-swap check`: what the server would say of configurations, without a server.

Exit status: 0 when all are good, 1 when one is not, 2 for wrong words.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from llamaswap.config.describe import describe
from llamaswap.config.files import Files
from llamaswap.config.secrets import HIDDEN
from llamaswap.errors import ConfigurationError, Problem
from llamaswap.schedule.policies import PACKAGE, Policies


def check(words: Sequence[str], policies: Policies = PACKAGE) -> int:
    """Check every configuration that `words` name; each is answered, whatever is wrong with another."""
    options = _parser().parse_args(words)
    if not options.files and not options.config_dir:
        _parser().error("give a FILE, or --config-dir DIR")
    wanted = [Files(config=file, config_dir=options.config_dir) for file in options.files or [""]]
    answer = _answer_as_json if options.json else _answer
    answers = [answer(files, policies, several=len(wanted) > 1) for files in wanted]
    return 0 if all(answers) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="llama-swap check",
        description="Say everything that is wrong with configurations, or `ok`.",
        epilog="Exit status: 0 all are good, 1 one is not, 2 wrong usage.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="a configuration file (YAML)")
    parser.add_argument(
        "--config-dir",
        "-config-dir",
        default="",
        metavar="DIR",
        help="a directory of configuration files, read after FILE as the server does",
    )
    parser.add_argument(
        "--json",
        "-json",
        action="store_true",
        help="one JSON object a line for each FILE; the settings are shown with all macros and defaults, "
        f"${{env.NAME}} in place of what came from variables, and {HIDDEN} in place of other secrets",
    )
    return parser


def _answer(files: Files, policies: Policies, *, several: bool) -> bool:
    """Print what there is to say of one configuration; whether it is good."""
    try:
        settings = files.load(routers=policies)
    except ConfigurationError as error:
        _print(error.problems, "")
        _print(error.warnings, "warning: ")
        if several:
            print(f"{files.config}: not ok")
        return False
    for warning in settings.warnings:
        print(f"warning: {warning}")
    print(f"{files.config}: ok" if several else "ok")
    return True


def _print(problems: Iterable[Problem], prefix: str) -> None:
    for problem in problems:
        print(f"{prefix}{problem}")


def _answer_as_json(files: Files, policies: Policies, *, several: bool) -> bool:
    try:
        settings = files.load(routers=policies)
        answer: dict[str, Any] = {"ok": True, "config": describe(settings)}
        warnings = list(settings.warnings)
    except ConfigurationError as error:
        answer = {"ok": False, "errors": [asdict(problem) for problem in error.problems]}
        warnings = list(map(str, error.warnings))
    print(json.dumps({**answer, "warnings": warnings, "file": files.config or files.config_dir}))
    return bool(answer["ok"])
