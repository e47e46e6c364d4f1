"""The flags of the console script `llama-swap`, in the dialect of the original (configuration section 18).

One or two dashes, `-flag value` or `-flag=value`, booleans without a value; everything from the first word that is
no flag is ignored. This module reads words and knows nothing of what they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from llamaswap.errors import LlamaSwapError

USAGE = """\
Usage of llama-swap:
  -allow-config-edit
        let the UI edit the configuration, with an API key that has the scope
        admin; whoever can do so can have any command run
  -config string
        configuration file
  -config-dir string
        directory whose *.yml and *.yaml are merged into the configuration
  -listen string
        listen address (default ":8080", or ":8443" with TLS)
  -tls-cert-file string
        TLS certificate file, with its chain
  -tls-key-file string
        TLS key file
  -version
        show the version and exit
  -watch-config
        reload when a file of the configuration changes (SIGHUP reloads in any case)

Commands in the place of flags, which start nothing (--help after one says more):
  check FILE...   say everything that is wrong with configurations
  plan FILE       say what would be evicted and started for a request
  schema          print the JSON schema of configurations, for editors

Commands that ask a running server:
  top             show models, requests and the machine, live
  logs [MODEL]    print the log, with -f as it is written
"""

TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class BadFlag(LlamaSwapError):
    """A flag that does not exist or has a wrong value."""


class HelpWanted(LlamaSwapError):
    """The user asked how to use the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line said; an empty string where it said nothing."""

    config: str = ""
    config_dir: str = ""
    listen: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    version: bool = False
    watch_config: bool = False
    allow_config_edit: bool = False


NAMES = {field.name.replace("_", "-"): field for field in fields(Flags)}


def parse(words: Sequence[str]) -> Flags:
    """Read `words` (without the program's name). The last of several equal flags counts.

    Raises `BadFlag` with the original's wording, or `HelpWanted`.
    """
    said: dict[str, Any] = {}
    rest = list(words)
    while rest and len(rest[0]) > 1 and rest[0].startswith("-") and rest[0] != "--":
        name, value = _take(rest)
        said[name] = value
    return Flags(**said)


def _take(rest: list[str]) -> tuple[str, str | bool]:
    """Take one flag, and its value where that is a word of its own, from the front of `rest`."""
    word = rest.pop(0)
    name, equals, value = (word[2:] if word.startswith("--") else word[1:]).partition("=")
    if not name or name.startswith("-"):
        raise BadFlag(f"bad flag syntax: {word}")
    field = NAMES.get(name)
    if field is None:
        raise HelpWanted() if name in ("h", "help") else BadFlag(f"flag provided but not defined: -{name}")
    if isinstance(field.default, bool):
        return field.name, _boolean(name, value) if equals else True
    if not equals:
        if not rest:
            raise BadFlag(f"flag needs an argument: -{name}")
        value = rest.pop(0)
    return field.name, value


def _boolean(name: str, value: str) -> bool:
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise BadFlag(f'invalid boolean value "{value}" for -{name}: parse error')
