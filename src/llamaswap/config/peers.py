"""The section `peers:`: other servers, and how their models are called here (configuration section 12)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from llamaswap.config.fields import At, Key, listed, natural, read_keys, require, string, strings
from llamaswap.config.filters import read_filters
from llamaswap.config.names import Names, full_name
from llamaswap.config.nodes import ScalarNode, is_null
from llamaswap.config.schema import PEER_REFRESH, PEER_TIMEOUTS, Peer, Timeouts
from llamaswap.config.timeouts import read_timeouts
from llamaswap.config.urls import url_fault

AUTO = "auto"
"""The `models` of a peer that is asked for all of its models."""


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


def check_failover(at: At | None, peers: Collection[str]) -> None:
    """Report every name in a `failover` that is no other peer's."""
    for peer in peers:
        for other, place in listed(at.at(peer, "failover") if at else None):
            if other == peer:
                place.error(f"peer {peer} cannot stand in for itself")
            elif other not in peers:
                place.error(f"unknown peer {other}: the peers are {', '.join(peers)}")


def with_certificates(
    at: At | None, peers: Mapping[str, Peer], read_certificates: Callable[[str], str]
) -> dict[str, Peer]:
    """`peers` with what their `caFile` says, which `read_certificates` reads or raises ValueError for."""
    return {
        name: _with_certificates(at.at(name, "caFile") if at else None, peer, read_certificates)
        for name, peer in peers.items()
    }


def _with_certificates(at: At | None, peer: Peer, read_certificates: Callable[[str], str]) -> Peer:
    if at is None or not peer.ca_file:
        return peer
    try:
        return replace(peer, ca_pem=read_certificates(peer.ca_file))
    except ValueError as error:
        at.error(f"caFile {error}")
        return peer


def _read_peer(name: str, section: At) -> Peer:
    require(section, "proxy", f"peer {name}: proxy is required")
    require(section, "models", f"peer {name}: models cannot be empty")
    given = read_keys(section, KEYS)
    if given.get("models") == ():
        given.setdefault("refresh", PEER_REFRESH)
        refresh = section.child("refresh")
        if refresh and not given["refresh"]:
            refresh.error("`models: auto` needs a refresh of 1 second or more")
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
    """Each once, none for `auto`; None when the list is empty, or one of its items cannot be read."""
    if isinstance(at.node, ScalarNode):
        if at.node.value == AUTO:
            return ()
        at.expected(f"a list, or `{AUTO}`,")
        return None
    models = strings(at)
    if models is None:
        return None
    wanted = sum(not is_null(item.node) for item in at.items())
    if not wanted:
        at.error("models cannot be empty")
    return tuple(dict.fromkeys(models)) if len(models) == wanted else None


def _timeouts(at: At) -> Timeouts:
    return read_timeouts(at, PEER_TIMEOUTS)


def _failover(at: At) -> tuple[str, ...] | None:
    peers = strings(at)
    return None if peers is None else tuple(dict.fromkeys(peers))


KEYS = (
    Key("proxy", "proxy", _proxy),
    Key("apiKey", "api_key", _api_key),
    Key("models", "models", _models),
    Key("refresh", "refresh", natural),
    Key("caFile", "ca_file", string),
    Key("failover", "failover", _failover),
    Key("filters", "filters", read_filters),
    Key("timeouts", "timeouts", _timeouts),
)
