"""How it is with models, peers and the server itself at this moment, as series. Pure."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator

from llamaswap import __version__
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.series import Family

_STATES = (State.STOPPED, State.STARTING, State.READY, State.STOPPING)


def model_families(
    states: Iterable[tuple[ModelId, State]],
    in_flight: Callable[[ModelId], int],
    waiting: Callable[[ModelId], int],
) -> Iterator[Family]:
    """One series of each for every model, whatever becomes of it; of states one is 1."""
    known = sorted(states)
    each = [((model, one.value), float(one is state)) for model, state in known for one in _STATES]
    yield Family("llamaswap_model_state", "gauge", "1 for the state that a model is in.", ("model", "state"), each)
    for name, what, number in (
        ("llamaswap_requests_in_flight", "Requests that a model serves.", in_flight),
        ("llamaswap_requests_waiting", "Requests that wait for their grant: the length of a model's queue.", waiting),
    ):
        yield Family(name, "gauge", what, ("model",), [((model,), float(number(model))) for model, _ in known])


def peer_family(peers: Iterable[tuple[str, bool | None]]) -> Family:
    """Peers of which it is known whether they answer."""
    samples = [((peer,), float(up)) for peer, up in sorted(peers, key=lambda one: one[0]) if up is not None]
    return Family("llamaswap_peer_up", "gauge", "Whether a peer answers.", ("peer",), samples)


def server_families(connections: int) -> list[Family]:
    """The server and its clients."""
    build = (__version__, platform.python_version())
    return [
        Family("llamaswap_build_info", "gauge", "Always 1.", ("version", "python"), [(build, 1.0)]),
        Family("llamaswap_client_connections", "gauge", "Open connections of clients.", (), [((), float(connections))]),
    ]
