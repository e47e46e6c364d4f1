"""What operators do to requests under way (http-api section 11)."""

from __future__ import annotations

from collections.abc import Mapping

from llamaswap.errors import RequestNotFound
from llamaswap.metrics.inflight import Inflight
from llamaswap.resolve.permits import require_use
from llamaswap.web.answers import NOT_FOUND, Answer, json_answer
from llamaswap.web.call import Call, Respond


class InflightApi:
    """The endpoint that ends a request."""

    def __init__(self, inflight: Inflight) -> None:
        self._inflight = inflight

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"inflight_cancel": self.cancel}

    async def cancel(self, call: Call) -> Answer:
        """End the request whose ID the path names; answers at once. Raises `RequestNotFound`, and `Forbidden` where its
        model is not for the caller."""
        id, _, rest = call.below.partition(b"/")
        if rest != b"cancel" or not id:
            return NOT_FOUND
        entry = self._inflight.find(id.decode("latin-1"))
        if entry is None:
            raise RequestNotFound
        if entry.target is not None:
            require_use(call.caller, entry.target)
        entry.cancel()
        return json_answer({"msg": "ok"})
