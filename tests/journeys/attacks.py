"""What a hostile model writes: each would run `window.hit`, open a dialog, or ask `LEAK` for something, if it could."""

from __future__ import annotations

LEAK = "http://127.0.0.1:9"
"""Where nothing may ever be asked for."""
RUN = "window.hit=1;alert(1)"

HTML = (
    f"<script>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</script>",
    f"<img src=x onerror='{RUN}'>",
    f"<img src={LEAK}/pixel.png>",
    f"<svg onload='{RUN}'><script>{RUN}</script><use href='{LEAK}/a.svg#x'/></svg>",
    f"<svg><style><img title='</style><img src=x onerror={RUN}>'></svg>",
    f"<math><mtext><table><mglyph><style><img title='</style><img src=x onerror={RUN}>'></math>",
    f"<math href='javascript:{RUN}'>click</math>",
    f"<iframe src='javascript:{RUN}'></iframe><iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<object data='{LEAK}/x'></object><embed src='{LEAK}/x'>",
    f"<a href='javascript:{RUN}'>one</a> <a href=' java\tscript:{RUN}'>two</a> <a href='data:text/html,hi'>three</a>",
    f"<form action='{LEAK}'><button formaction='javascript:{RUN}'>Go</button><input autofocus onfocus='{RUN}'></form>",
    f"<details open ontoggle='{RUN}'><summary>look</summary></details>",
    f"<video><source onerror='{RUN}'></video><audio src=x onerror='{RUN}'></audio>",
    f"<body onload='{RUN}'><input onfocus={RUN} autofocus>",
    f"<link rel=stylesheet href='{LEAK}/a.css'><style>@import '{LEAK}/b.css';body{{background:url({LEAK}/c)}}</style>",
    f"<meta http-equiv=refresh content='0;url={LEAK}'><base href='{LEAK}/'>",
    f"<div style='position:fixed;inset:0;background:url({LEAK}/d.png)' onmouseover='{RUN}'>over all</div>",
    f"<a id=app name=app href='#'>x</a><img name=body><form id=document><input name=documentElement onfocus='{RUN}'>",
    f"<template><img src=x onerror='{RUN}'></template><noscript><img src=x onerror='{RUN}'></noscript>",
    f"<!--><img src=x onerror='{RUN}'>--> <![CDATA[><img src=x onerror='{RUN}'>]]>",
)
MARKDOWN = (
    f"[run](javascript:{RUN}) [run](JaVaScRiPt:{RUN}) [run](&#106;avascript:{RUN}) [run](vbscript:x) [run](file:///etc)",
    f"[page](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==) <javascript:{RUN}>",
    f"![pixel]({LEAK}/markdown.png) ![x](javascript:{RUN}) [![in a link]({LEAK}/l.png)]({LEAK}/page)",
    f'![x]({LEAK}/a.png "t" onerror="{RUN}") [x]({LEAK} "\'><img src=x onerror={RUN}>")',
    f"[ref]: javascript:{RUN}\n\n[ref] and [again][ref]",
    f"| a | b |\n| --- | --- |\n| <img src=x onerror='{RUN}'> | <script>{RUN}</script> |",
    f"```html\"><img src=x onerror='{RUN}'>\n<script>{RUN}</script>\n```",
    f"```js\n</code></pre><img src=x onerror='{RUN}'>\n```",
    f"`</code><img src=x onerror='{RUN}'>`",
    f"$\\href{{javascript:{RUN}}}{{x}}$ $\\text{{<img src=x onerror={RUN}>}}$ $\\includegraphics{{{LEAK}/m.png}}$",
    f"$$\\html{{<img src=x onerror={RUN}>}} \\url{{javascript:{RUN}}} \\style{{background:url({LEAK})}}{{z}}$$",
    f"# <img src=x onerror='{RUN}'>\n\n> <script>{RUN}</script>\n\n- [ ] <img src=x onerror='{RUN}'>",
    f"[^1]\n\n[^1]: <img src=x onerror='{RUN}'>",
)
END = "That is all."
ALL = "\n\n".join((*HTML, *MARKDOWN, END))
