"""The pages that say nothing about models: the way to the UI, and what stands there until it is built."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from llamaswap.web.answers import NOT_FOUND, Answer, html, redirect
from llamaswap.web.call import Call, Respond

_ICON = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" \
fill="#456"/><path d="M4 6h7L9 4m3 6H5l2 2" fill="none" stroke="#fff" stroke-width="1.5"/></svg>"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>llamaswap</title></head>
<body>
<h1>llamaswap</h1>
<p>One endpoint in front of many models: ask <code>POST /v1/chat/completions</code> for one by name.</p>
<ul>
<li><a href="{root}/v1/models">/v1/models</a>: the models</li>
<li><a href="{root}/running">/running</a>: those in memory</li>
<li><code>POST /api/models/load/&lt;model&gt;</code>, <code>POST /api/models/unload[/&lt;model&gt;]</code></li>
<li><code>/upstream/&lt;model&gt;/</code>: the model's own server</li>
<li><a href="{root}/logs/stream">/logs/stream</a>: the log, live</li>
<li><a href="{root}/health">/health</a></li>
</ul>
</body>
</html>
"""


def endpoints() -> Mapping[str, Respond]:
    """What answers, by endpoint name."""
    return {
        "index": index,
        "ui_index": ui_index,
        "ui": ui,
        "favicon": favicon,
        "upstream_index": upstream_index,
    }


async def index(call: Call) -> Answer:
    return redirect(302, b"/ui")


async def ui_index(call: Call) -> Answer:
    return redirect(307, b"/ui/" + call.query)


async def ui(call: Call) -> Answer:
    """One page for every path that does not look like a file (http-api section 20)."""
    if call.rest is None or "." in call.rest.rpartition("/")[2]:
        return NOT_FOUND
    return html(_PAGE.format(root=escape(call.mount.decode("latin-1"))))


async def favicon(call: Call) -> Answer:
    return Answer(200, ((b"Content-Type", b"image/svg+xml"),), _ICON)


async def upstream_index(call: Call) -> Answer:
    """There is no model without a name: people are shown the list."""
    if call.request.method in (b"GET", b"HEAD"):
        return redirect(302, b"/ui/models")
    return redirect(307, b"/upstream/" + call.query)
