"""Throw bytes at the configuration loader for as long as you like: `tox run -e fuzz -- -max_total_time=600`.

Whatever the text, the variables and the number of files are: settings or a `ConfigurationError` come out, nothing else,
and what comes out can be described.
"""

import json
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["llamaswap.config", "llamaswap.matrix", "yaml"]):
    from llamaswap.config.describe import describe
    from llamaswap.config.load import load
    from llamaswap.config.source import Source
    from llamaswap.errors import ConfigurationError

HERE = Path(__file__).parent
BETWEEN_FILES = "\n%%%%\n"
"""Not YAML, so no single file is mistaken for two."""
ENVIRON = {"A": "1", "B": "${env.A}", "C": "a: b", "D": '\\"', "E": "", "F": "${M}", "G": "x\ny", "H": "[{"}


def test_one_input(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    sources = [Source(f"{number}.yaml", part) for number, part in enumerate(text.split(BETWEEN_FILES, 3))]
    try:
        settings = load(sources, environ=ENVIRON)
    except ConfigurationError as error:
        assert error.problems
        return
    json.dumps(describe(settings), allow_nan=False)
    assert list(settings.models) == sorted(settings.models)
    assert load(sources, environ=ENVIRON, previous=settings) == settings


def main() -> None:
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate([HERE.parent / "config.example.yaml", *sorted((HERE / "seeds").iterdir())]):
            Path(corpus, str(number)).write_bytes(seed.read_bytes())
        words = [sys.argv[0], f"-dict={HERE / 'config.dict'}", "-timeout=20", *sys.argv[1:], corpus]
        atheris.Setup(words, test_one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
