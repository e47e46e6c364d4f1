"""Which parts of a request and its answer are captured, by path (http-api section 16). Pure."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote


class Parts(NamedTuple):
    """Bodies that are kept; headers always are."""

    request: bool = True
    response: bool = True


EVERYTHING = Parts()
HEADERS = Parts(request=False, response=False)
_BY_PATH = {
    "/v1/audio/speech": Parts(response=False),
    "/v1/images/generations": Parts(response=False),
    "/sdapi/v1/txt2img": Parts(response=False),
    "/v1/audio/transcriptions": Parts(request=False),
    "/v1/audio/voices": Parts(request=False),
    "/v1/images/edits": HEADERS,
    "/sdapi/v1/img2img": HEADERS,
}


def parts_of(path: str) -> Parts:
    """Of a request that is forwarded to `path`, in whatever encoding."""
    return _BY_PATH.get(unquote(path) if "%" in path else path, EVERYTHING)
