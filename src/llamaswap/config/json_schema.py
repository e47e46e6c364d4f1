"""The JSON Schema of a configuration, for editors and for whoever writes configurations by program.

The loader does not use it: it says more, and more exactly. What both must agree on is held by
`tests/config/test_json_schema.py`.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_FILE = "config.schema.json"


def config_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as a new copy."""
    schema: dict[str, Any] = json.loads(files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))
    return schema


def validator() -> Draft202012Validator:
    """Says what the schema finds wrong with a configuration that is given as plain values, macros unexpanded."""
    from jsonschema import Draft202012Validator  # late: it costs more time than all else that reads a configuration

    return Draft202012Validator(config_schema())
