"""The pages that say nothing about models: the ways to the UI."""

from __future__ import annotations

from collections.abc import Mapping

from llamaswap.web.answers import Answer, redirect
from llamaswap.web.call import Call, Respond


def endpoints() -> Mapping[str, Respond]:
    """What answers, by endpoint name."""
    return {
        "index": index,
        "ui_index": ui_index,
        "upstream_index": upstream_index,
    }


async def index(call: Call) -> Answer:
    return redirect(302, b"/ui")


async def ui_index(call: Call) -> Answer:
    return redirect(307, b"/ui/" + call.query)


async def upstream_index(call: Call) -> Answer:
    """There is no model without a name: people are shown the list."""
    if call.request.method in (b"GET", b"HEAD"):
        return redirect(302, b"/ui/models")
    return redirect(307, b"/upstream/" + call.query)
