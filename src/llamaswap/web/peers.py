"""How it is with the peers, for operators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from llamaswap.peers.peers import PeerStatus
from llamaswap.web.answers import Answer, json_answer
from llamaswap.web.call import Call, Respond


class PeersApi:
    """The endpoint of the peers; `statuses` tells of each, in the order of the file."""

    def __init__(self, statuses: Callable[[], Iterable[PeerStatus]]) -> None:
        self._statuses = statuses

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"peers": self.peers}

    async def peers(self, call: Call) -> Answer:
        """State, models and latest mistake of every peer. Times are seconds since the epoch, null for never."""
        return json_answer({"peers": [_record(status) for status in self._statuses()]})


def _record(status: PeerStatus) -> dict[str, Any]:
    return {**asdict(status), "state": status.state.value}
