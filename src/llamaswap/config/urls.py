"""Whether a text can be a URL at all (configuration section 8, "Proxy URL check").

The rules are those that existing files were checked by, so that none of them is refused: much that is useless
passes, and is found out when the model starts.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_ASCII_ESCAPE = re.compile(r"%(?!25)[0-7][0-9a-fA-F]")
_BAD_IN_USER = re.compile(r"[^A-Za-z0-9\-._:~!$&'()*+,;=%@]")
_BAD_IN_HOST = re.compile(r"[ \\{|}^`]")
_PORT = re.compile(r"(:[0-9]*)?")
_SENT_AS_IT_IS = "/?%:@!$&'()*+,;=~[]"


def url_fault(url: str) -> str | None:
    """Why `url` cannot be a URL; None when it can."""
    if _CONTROL.search(url):
        return "it holds a control character"
    rest, _, fragment = url.partition("#")
    scheme = _SCHEME.match(rest)
    if scheme:
        rest = rest[scheme.end() :]
        if not rest.startswith("/"):
            return _escape_fault(fragment)
    rest = rest.partition("?")[0]
    if not scheme and ":" in rest.partition("/")[0]:
        return "it has a colon, but does not begin with a scheme such as http:"
    return _location_fault(rest, bool(scheme)) or _escape_fault(fragment)


def wire_path(path: str) -> str:
    """`path` as a request line can carry it: blanks and other letters escaped, no fragment."""
    return quote(path.partition("#")[0], safe=_SENT_AS_IT_IS)


def _location_fault(rest: str, after_scheme: bool) -> str | None:
    if not rest.startswith("//") or (rest.startswith("///") and not after_scheme):
        return _escape_fault(rest)
    authority, slash, path = rest[2:].partition("/")
    return _authority_fault(authority) or _escape_fault(slash + path)


def _authority_fault(authority: str) -> str | None:
    user, _, host = authority.rpartition("@")
    if _BAD_IN_USER.search(user) or _BAD_ESCAPE.search(user):
        return "its user part holds a character that is not allowed there"
    if host.startswith("["):
        host, bracket, port = host.rpartition("]")
        if not bracket:
            return "its host lacks the closing ]"
    else:
        name, colon, digits = host.rpartition(":")
        host, port = (name, colon + digits) if colon else (host, "")
    if not _PORT.fullmatch(port):
        return "its port is not a number"
    if _BAD_IN_HOST.search(host) or _BAD_ESCAPE.search(host) or _ASCII_ESCAPE.search(host):
        return "its host holds a character that is not allowed there"
    return None


def _escape_fault(text: str) -> str | None:
    bad = _BAD_ESCAPE.search(text)
    return f"`{text[bad.start() : bad.start() + 3]}` is not a percent escape" if bad else None
