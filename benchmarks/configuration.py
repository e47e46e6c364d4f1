"""How long it takes to read a configuration: 1,000 models with macros, and the `check` command on the example.

Run it with the virtual environment of the README: `python benchmarks/configuration.py`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from llamaswap.config.load import load
from llamaswap.config.source import Source

EXAMPLE = Path(__file__).parent.parent / "config.example.yaml"
MODELS = 1000
MACROS = 30
ROUNDS = 5


def text() -> str:
    """A configuration in which every model uses macros that use macros."""
    macros = "".join(f"  m{n}: {f'v{n} ${{m{n - 1}}}' if n % 5 else f'v{n}'}\n" for n in range(MACROS))
    return f"macros:\n{macros}models:\n" + "".join(map(model, range(MODELS)))


def model(number: int) -> str:
    return f"""\
  vendor/model-{number:04}:
    cmd: |
      llama-server --port ${{PORT}} --host 127.0.0.1
      # a comment
      --model /models/${{MODEL_ID}}.gguf --ctx-size ${{context}} ${{m3}} ${{m9}} ${{m19}}
    macros: {{context: {4096 + number}, extra: "${{m4}} ${{context}}"}}
    aliases: [a{number}, b{number}]
    env: ["X=${{m7}}", "Y=${{extra}}"]
    ttl: 300
    description: "${{m14}} something"
    metadata: {{port: "${{PORT}}", list: [1, 2, "${{context}}"]}}
    filters: {{stripParams: "temperature, top_p", setParamsByID: {{"${{MODEL_ID}}:high": {{effort: high}}}}}}
"""


def seconds(work: Callable[[], object]) -> str:
    """Median and worst of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    taken.sort()
    return f"{taken[ROUNDS // 2]:.3f} s median, {taken[-1]:.3f} s longest of {ROUNDS}"


def check() -> None:
    command = "from llamaswap.cli import main; import sys; sys.argv[1:] = ['check', sys.argv[1]]; main()"
    subprocess.run([sys.executable, "-c", command, str(EXAMPLE)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    source = Source("benchmark", text())
    print(f"loading {MODELS} models with macros ({len(source.text) // 1024} KiB): {seconds(lambda: load([source]))}")
    print(f"llama-swap check on the example, the whole process: {seconds(check)}")


if __name__ == "__main__":
    main()
