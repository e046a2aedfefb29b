"""The page about every route: one document that loads nothing and sends nothing unasked.

It can be read without a script; the script of the page only sends what its forms hold.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Final

from tailorbird.server.openapi import GROUPS, groups, statuses
from tailorbird.server.parameters import Parameter
from tailorbird.server.table import Route
from tailorbird.version import VERSION

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tailorbird: HTTP API</title>
<style>{style}</style>
<header>
<h1>Tailorbird <small>HTTP API {version}</small></h1>
<p>The same for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<label>Key for trying <input id="key" type="password" autocomplete="off" spellcheck="false"
 placeholder="tb_…"></label>
<small>It stays in this page, and is sent nowhere but to this server.</small>
<nav>{links}</nav>
</header>
<main>
{groups}
</main>
<script>{script}</script>
</html>
"""
_ROUTE: Final = """<article id="{name}">
<h3><code class="{kind}">{method}</code> <code>{path}</code></h3>
<p>{says}</p>
<p class="facts"><span>Key: {needs}</span> <span>Answers: {statuses}</span></p>
{form}
</article>
"""


def page(routes: Sequence[Route]) -> str:
    """The whole page."""
    named = groups(routes)
    return _PAGE.format(
        style=_part("docs.css"),
        script=_part("docs.js"),
        version=escape(VERSION),
        links=" ".join(f'<a href="#group-{escape(name)}">{escape(name)}</a>' for name in named),
        groups="\n".join(_group(name, routes) for name in named),
    )


def policy() -> str:
    """The page may run its own script and style, ask its own server, and nothing else."""
    script, style = (_digest(_part(name)) for name in ("docs.js", "docs.css"))
    return (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _part(name: str) -> str:
    return (files("tailorbird.server") / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _group(name: str, routes: Sequence[Route]) -> str:
    head = f'<h2 id="group-{escape(name)}">{escape(name)}</h2>\n'
    says = f"<p>{_said(GROUPS.get(name, ''))}</p>\n"
    return head + says + "".join(_route(route) for route in routes if route.group == name)


def _route(route: Route) -> str:
    return _ROUTE.format(
        name=escape(route.name),
        kind=escape(route.method.lower()),
        method=escape(route.method),
        path=escape(route.path),
        says=_said(route.says),
        needs="none" if route.needs is None else f"{escape(route.needs)}, or admin",
        statuses=", ".join(map(str, statuses(route))),
        form=_form(route) if not route.streams else "",
    )


def _form(route: Route) -> str:
    rows = "".join(_field(one) for one in route.parameters)
    if route.takes is not None:
        text = escape(route.example or "")
        rows += f'<label>body <textarea name="body" rows="4">{text}</textarea></label>'
    return (
        f'<form data-method="{escape(route.method)}" data-path="{escape(route.path)}">{rows}'
        '<button type="submit">Try it</button><output></output></form>'
    )


def _field(one: Parameter) -> str:
    allowed = one.schema.get("enum")
    attributes = f'name="{escape(one.name)}" data-place="{escape(one.place)}"'
    if one.place == "path":
        attributes += " required"
    if allowed:
        chosen = "".join(f"<option>{escape(word)}</option>" for word in ("", *allowed))
        box = f"<select {attributes}>{chosen}</select>"
    else:
        value = escape(one.example or "") if one.place == "path" else ""
        hint = one.default if one.default not in (None, "") else (one.example or "")
        box = f'<input {attributes} value="{value}" placeholder="{escape(str(hint))}">'
    return f"<label>{escape(one.name)} {box}<small>{_said(one.says)}</small></label>"


def _said(text: str) -> str:
    """Some text, with what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
