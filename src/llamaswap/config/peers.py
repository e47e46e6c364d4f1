"""The section `peers:`: other servers, and how their models are called here (configuration section 12)."""

from __future__ import annotations

from collections.abc import Collection

from llamaswap.config.fields import At, Key, listed, read_keys, require, string, strings
from llamaswap.config.filters import read_filters
from llamaswap.config.names import Names, full_name
from llamaswap.config.nodes import is_null
from llamaswap.config.schema import PEER_TIMEOUTS, Peer, Timeouts
from llamaswap.config.timeouts import read_timeouts
from llamaswap.config.urls import url_fault


def read_peers(at: At | None) -> dict[str, Peer]:
    """Every peer in document order; one whose models could not be read has none."""
    return {name: _read_peer(name, section) for name, section in (at.children() if at else ())}


def check_names(at: At | None, peers: Collection[str], names: Names) -> None:
    """Report every model of a peer whose full name is that of another peer's model, or of a model here."""
    owners: dict[str, str] = {}
    for peer in peers:
        for model, place in listed(at.at(peer, "models") if at else None):
            full = full_name(peer, model)
            owner = owners.setdefault(full, peer)
            local = names.find(full)
            if owner != peer:
                place.error(f"name {full} is ambiguous: it belongs to the peers {owner} and {peer}")
            elif local is not None:
                kind = "model" if local == full else f"alias of model {local}"
                place.error(f"{kind} {full} conflicts with the fully qualified peer model name of peer {peer}")


def _read_peer(name: str, section: At) -> Peer:
    require(section, "proxy", f"peer {name}: proxy is required")
    require(section, "models", f"peer {name}: models cannot be empty")
    given = read_keys(section, KEYS)
    return Peer(**{"id": name, "proxy": "", "models": (), **given})


# -- keys --------------------------------------------------------------------------------------------------------


def _proxy(at: At) -> str | None:
    url = string(at)
    if url is None:
        return None
    fault = url_fault(url)
    if not url:
        at.error("proxy is required")
    elif fault:
        at.error(f"invalid peer proxy URL: {fault}")
    elif not url.lower().startswith(("http://", "https://")):
        at.warn("not an http:// or https:// URL, so the peer cannot be reached")
    return url


def _api_key(at: At) -> str | None:
    """The key is never quoted in a message."""
    key = string(at)
    if key is not None and any(character < " " or character == "\x7f" for character in key):
        at.error("holds a control character, which no header can")
        return None
    return key


def _models(at: At) -> tuple[str, ...] | None:
    """Each once; None when the list is empty, or one of its items cannot be read."""
    models = strings(at)
    if models is None:
        return None
    wanted = sum(not is_null(item.node) for item in at.items())
    if not wanted:
        at.error("models cannot be empty")
    return tuple(dict.fromkeys(models)) if len(models) == wanted else None


def _timeouts(at: At) -> Timeouts:
    return read_timeouts(at, PEER_TIMEOUTS)


KEYS = (
    Key("proxy", "proxy", _proxy),
    Key("apiKey", "api_key", _api_key),
    Key("models", "models", _models),
    Key("filters", "filters", read_filters),
    Key("timeouts", "timeouts", _timeouts),
)
