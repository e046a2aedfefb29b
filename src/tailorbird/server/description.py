"""What the server says of itself: its OpenAPI document, and a page to read and try it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tailorbird.server.answers import Answer, Header
from tailorbird.server.asked import Asked
from tailorbird.server.docs_page import page, policy
from tailorbird.server.openapi import document
from tailorbird.server.table import Route, answers

_HTML = "text/html; charset=utf-8"


class Description:
    """The routes that tell which routes there are."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Both texts are made once: the table does not change while the server runs."""
        self._document = msgspec.json.format(msgspec.json.encode(document(routes)), indent=1)
        self._page = page(routes).encode()
        self._guards: tuple[Header, ...] = (
            (b"content-security-policy", policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        )

    @answers(
        Route(
            "GET",
            "/openapi.json",
            "read_openapi",
            "Every route as an OpenAPI 3.1 document.",
            None,
            group="state",
            gives=dict[str, Any],
        )
    )
    async def openapi(self, _: Asked) -> Answer:
        """The document."""
        return Answer(200, self._document)

    @answers(
        Route(
            "GET",
            "/docs",
            "read_docs",
            "A page about every route, to read and to try.",
            None,
            group="state",
            kind=_HTML,
        )
    )
    async def docs(self, _: Asked) -> Answer:
        """The page."""
        return Answer(200, self._page, kind=_HTML, more=self._guards)
