"""`llama-swap plan`: who would have to go for a model, and why, by the policy that the server uses.

Exit status: 0 when every question was answered, 1 when one could not be, 2 for wrong words.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llamaswap.config.files import Files
from llamaswap.config.schema import Settings
from llamaswap.errors import LlamaSwapError, lines
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import EvictionPolicy, Running
from llamaswap.schedule.policies import PACKAGE, Policies


class BadQuestion(LlamaSwapError):
    """The question cannot be answered."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What loading a model would mean."""

    model: ModelId
    evict: tuple[ModelId, ...]
    set: str | None
    start: bool
    why: str

    def as_json(self) -> str:
        return json.dumps({"evict": list(self.evict), "set": self.set, "start": self.start, "why": self.why})

    def __str__(self) -> str:
        begin = f"start {self.model}" if self.start else f"{self.model} runs already"
        return f"evict {', '.join(self.evict) or 'nothing'}; {begin} ({self.why})"


def plan(words: Sequence[str], policies: Policies = PACKAGE) -> int:
    """Answer the question that `words` ask, or every line of a file."""
    parser = _parser()
    options = parser.parse_args(words)
    if (options.request is None) == (options.batch is None):
        parser.error("give --request MODEL, or --batch FILE")
    if not options.config and not options.config_dir:
        parser.error("give CONFIG, or --config-dir DIR")
    try:
        files = Files(config=options.config, config_dir=options.config_dir)
        planner = Planner(files.load(routers=policies), policies)
        if options.batch is not None:
            return _batch(planner, options.batch, options.json)
        answer = planner.plan([name for name in options.running.split(",") if name.strip()], options.request)
    except LlamaSwapError as error:
        sys.stderr.write(lines(error) + "\n")
        return 1
    print(answer.as_json() if options.json else answer)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="llama-swap plan",
        description="Say what would be evicted and started for a request, and why.",
        epilog='A line of a batch is {"running": ["a", "b"], "request": "c"}; it is answered by one line.',
    )
    parser.add_argument("config", nargs="?", default="", metavar="CONFIG", help="the configuration file (YAML)")
    parser.add_argument("--config-dir", "-config-dir", default="", metavar="DIR", help="a directory of such files")
    parser.add_argument("--running", "-running", default="", metavar="A,B", help="the models that run (default: none)")
    parser.add_argument("--request", "-request", metavar="MODEL", help="the model that is asked for")
    parser.add_argument(
        "--batch", "-batch", metavar="FILE", help="a file of questions, one a line; - for standard input"
    )
    parser.add_argument("--json", "-json", action="store_true", help="answer in JSON")
    return parser


class Planner:
    """Answers by the policy of `settings`."""

    def __init__(self, settings: Settings, policies: Policies = PACKAGE) -> None:
        self._settings = settings
        self._policy: EvictionPolicy = policies.make(settings, _complain)

    def plan(self, running: Iterable[str], request: str) -> Plan:
        """What the server would do if `running` were ready and idle. Raises `BadQuestion`."""
        names = sorted({self._model(name) for name in running})
        target = self._model(request)
        shown = tuple(Running(name, State.READY, 0, 0, 0.0, 0.0) for name in names)
        verdict = self._policy.decide(target, shown, 0.0)
        return Plan(target, verdict.evict, verdict.set, target not in names, verdict.why)

    def _model(self, name: str) -> ModelId:
        for spelled in (name, name.strip()):
            if spelled in self._settings.models:
                return ModelId(spelled)
            if spelled in self._settings.aliases:
                return self._settings.aliases[spelled]
        if name in self._settings.selectors:
            targets = ", ".join(self._settings.selectors[name].targets)
            raise BadQuestion(f"{name!r} is a selector; ask for one of its targets: {targets}")
        raise BadQuestion(f"there is no model {name!r}; there are {', '.join(self._settings.models) or 'none'}")


def _complain(what: str, error: BaseException) -> None:
    sys.stderr.write(f"llamaswap: {what}: {type(error).__name__}: {error}\n")


def _batch(planner: Planner, file: str, as_json: bool) -> int:
    status = 0
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            answer = planner.plan(*_question(line))
        except BadQuestion as error:
            status = 1
            print(json.dumps({"error": f"line {number}: {error}"}) if as_json else f"line {number}: {error}")
        else:
            print(answer.as_json() if as_json else answer)
    return status


def _lines(file: str) -> Iterator[str]:
    if file == "-":
        yield from sys.stdin
        return
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError as error:
        raise BadQuestion(f"cannot read {file}: {error.strerror}") from error


def _question(line: str) -> tuple[list[str], str]:
    """The running models and the request of one line of a batch."""
    wanted = 'expected {"running": ["a", "b"], "request": "c"}'
    try:
        asked: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadQuestion(wanted) from error
    running, request = (asked.get("running", []), asked.get("request")) if isinstance(asked, dict) else (None, None)
    if not isinstance(request, str) or not isinstance(running, list):
        raise BadQuestion(wanted)
    if not all(isinstance(name, str) for name in running):
        raise BadQuestion(wanted)
    return running, request
