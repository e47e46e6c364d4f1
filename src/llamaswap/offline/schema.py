"""`llama-swap schema`: the JSON Schema of a configuration, for editors.

Write it to a file, `llama-swap schema > llamaswap.schema.json`, and begin the configuration with a line that names the
file, relative to the configuration:

    # yaml-language-server: $schema=llamaswap.schema.json

Editors with the YAML language server (VS Code with the extension "YAML", Neovim, Helix, Emacs and others) then explain
each key, offer the keys that fit, and underline what is wrong.

Exit status: 0, or 2 for wrong words.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from llamaswap.config.json_schema import config_schema
from llamaswap.schedule.policies import PACKAGE, Policies


def schema(words: Sequence[str], policies: Policies = PACKAGE) -> int:
    """Print the schema; `words` may only ask for help. It allows any policy, and names those of this package."""
    _parser().parse_args(words)
    print(json.dumps(config_schema(), indent=2))
    return 0


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="llama-swap schema",
        description="Print the JSON Schema of a configuration, with which editors explain, complete and check it: "
        "write it to a file and begin the configuration with the line below.",
        epilog="# yaml-language-server: $schema=llamaswap.schema.json",
    )
