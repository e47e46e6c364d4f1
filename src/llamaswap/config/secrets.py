"""What of a text is a secret by what it is called: `HF_TOKEN=…`, `--api-key …`, `Authorization: …`. Pure."""

from __future__ import annotations

import re

HIDDEN = "(not shown)"
"""In place of a secret. No API key can be this, so nobody who takes a description for a file is let in by it."""

GONE = "\ue000"
"""The same while a text is worked on: one character, which ends no word."""

_KEY = r"(?:api|access|secret|private|auth|signing|encryption|license)_?keys?"
_WORD = r"token|passwords?|passwd|passphrase|pwd|secrets?|credentials?|authorization|bearer|cookie|webhook"
_SECRET_NAME = re.compile(rf"(?:^|_)(?:{_KEY}|{_WORD})$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_VALUE = r"""(?:(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+|["'].*)"""
_NAMED = re.compile(r"(?:\$\{env\.\w+\})+")
_USER = re.compile(r"(?<=://)[^/?#\s]+@")
"""Name and password in a URL, also in the middle of a text."""
_FLAG = re.compile(rf"(?<!\S)(--?([A-Za-z][\w-]*)(?:=|\s+))({_VALUE})")
_PARAMETER = re.compile(r"""([?&][A-Za-z_][\w.-]*=)([^\s"'&#]+)""")
_ASSIGNMENT = re.compile(rf"(?<![\w.?&-])([A-Za-z_][\w.-]*=)({_VALUE})")
_HEADER = re.compile(r"""(?i)\b((?:proxy-)?authorization|x-api-key|(?:set-)?cookie)(\s*:\s*)[^"'\r\n]+""")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{5,}")


def is_hidden(value: str) -> bool:
    """Nothing of `value` is shown already, as only variables are named in it."""
    return _NAMED.fullmatch(value.strip("\"'")) is not None


def is_secret_name(name: str) -> bool:
    """Whether what is called `name` is a secret: `api_key`, `HF_TOKEN`, `clientSecret`, but no `max_tokens`."""
    words = _HUMP.sub("_", name).lower().replace("-", "_").replace(".", "_")
    return _SECRET_NAME.search(words) is not None


def without_secrets(text: str) -> str:
    """`text` with `GONE` for what it says to be a secret: in flags, assignments, headers, URLs with passwords."""
    if "@" in text:
        text = _USER.sub(f"{GONE}@", text)
    text = _HEADER.sub(rf"\1\2{GONE}", text)
    text = _BEARER.sub(rf"\1{GONE}", text)
    text = _PARAMETER.sub(_hidden_assignment, text)
    text = _FLAG.sub(_hidden_flag, text)
    return _ASSIGNMENT.sub(_hidden_assignment, text)


def without_value(assignment: str) -> str:
    """`NAME=value`, the value of which may hold blanks, without that if the name is one of a secret."""
    name, equals, value = assignment.partition("=")
    return f"{name}={GONE}" if equals and value and is_secret_name(name) and not is_hidden(value) else assignment


def _hidden_flag(found: re.Match[str]) -> str:
    value: str = found[3]
    secret = is_secret_name(found[2]) and not value.startswith("-") and not is_hidden(value)
    return f"{found[1]}{GONE}" if secret else found[0]


def _hidden_assignment(found: re.Match[str]) -> str:
    secret = is_secret_name(found[1].strip("?&=")) and not is_hidden(found[2])
    return f"{found[1]}{GONE}" if secret else found[0]
