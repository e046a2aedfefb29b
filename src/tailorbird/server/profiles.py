"""Profiles over HTTP: one person as the live states have her."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from tailorbird.flow.advance import Live
from tailorbird.flow.viewing import PersonView
from tailorbird.kernel.errors import UnknownNameError, nearest
from tailorbird.kernel.instants import format_instant
from tailorbird.language.definitions import Definitions
from tailorbird.language.operators import Type
from tailorbird.language.plain_values import plain
from tailorbird.server.auth import KeyCheck, key_in_headers
from tailorbird.server.ingest import Answer, Receive, Scope, Send, reply

PROFILES: Final = "/v1/profiles/"
SEGMENTS: Final = "/v1/segments/"
_MEMBERS: Final = "/members"
FIELDS: Final = ("ids", "exists", "traits", "scores", "segments", "persona", "at", "as_of")
PAGE: Final = 1_000
"""Members on one page, at most."""
PATIENCE_S: Final = 5.0
"""So long a read waits for the position that it asks for."""
_PAUSE_S: Final = 0.005


class Profiles:
    """The routes that read people and segments."""

    def __init__(self, people: Live, keys: KeyCheck, now_us: Callable[[], int]) -> None:
        self._live = people
        self._keys = keys
        self._now_us = now_us

    @staticmethod
    def handles(path: str) -> bool:
        """Whether a path belongs to these routes."""
        return path.startswith((PROFILES, SEGMENTS))

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        await reply(send, await self._answer(scope))

    async def _answer(self, scope: Scope) -> Answer:
        if scope["method"] != "GET":
            return Answer(405, {"error": f"{scope['path']} takes GET, not {scope['method']}"})
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given = key_in_headers(dict(scope["headers"]), scope["query_string"])
        if self._keys.find(given, "read") is None:
            return Answer(401, {"error": "no known read key; send one as Bearer authorization"})
        raw = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        try:
            return await self._read(raw, query)
        except _QueryError as error:
            return Answer(400, {"error": str(error)})
        except UnknownNameError as error:
            return Answer(404, {"error": str(error)})

    async def _read(self, raw: str, query: Mapping[str, list[str]]) -> Answer:
        if not await self._reached(_number(query, "min_position", 0)):
            said = "the live states have not come as far as min_position yet; ask again"
            return Answer(503, {"error": said}, 1)
        if raw.startswith(SEGMENTS):
            return await asyncio.to_thread(self._members, raw.removeprefix(SEGMENTS), query)
        id_ = unquote(raw.removeprefix(PROFILES))
        found = await asyncio.to_thread(self._live.person, id_, self._now_us())
        if found is None:
            return Answer(404, {"error": "nobody is known by this id"})
        return Answer(200, _chosen(told(found, self._live.plan.definitions), query))

    async def _reached(self, position: int) -> bool:
        """Wait until the facts below a position are taken in: whoever wrote them reads them."""
        begun = asyncio.get_running_loop().time()
        while self._live.position < position:
            if asyncio.get_running_loop().time() - begun > PATIENCE_S:
                return False
            await asyncio.sleep(_PAUSE_S)
        return True

    def _members(self, rest: str, query: Mapping[str, list[str]]) -> Answer:
        if not rest.endswith(_MEMBERS):
            return Answer(404, {"error": f"ask for {SEGMENTS}NAME{_MEMBERS}"})
        name = unquote(rest.removesuffix(_MEMBERS))
        after = query.get("after", [""])[0]
        most = _number(query, "limit", PAGE)
        if not 1 <= most <= PAGE:
            raise _QueryError(f"limit is a number from 1 to {PAGE}")
        ids = self._live.members(name, after, most)
        following = ids[-1] if len(ids) == most else None
        return Answer(200, {"segment": name, "ids": ids, "next": following})


def told(view: PersonView, definitions: Definitions) -> dict[str, Any]:
    """A person as JSON."""
    traits = {one.name: one.gives for one in definitions.of_kind("trait")}
    scores = {one.name: one.gives for one in definitions.of_kind("score")}
    return {
        "person": view.name,
        "ids": list(view.identifiers),
        "exists": view.exists,
        "traits": {
            name: plain(value, traits.get(name, Type.ANY)) for name, value in view.traits.items()
        },
        "scores": {name: plain(value, scores[name]) for name, value in view.scores.items()},
        "segments": list(view.segments),
        "persona": view.persona,
        "at": format_instant(view.at_us),
        "as_of": view.as_of,
    }


def _chosen(whole: dict[str, Any], query: Mapping[str, list[str]]) -> dict[str, Any]:
    if "fields" not in query:
        return whole
    wanted = [name for given in query["fields"] for name in given.split(",")]
    for name in wanted:
        if name not in FIELDS:
            raise _QueryError(f"there is no field {name!r}{nearest(name, FIELDS)}")
    return {"person": whole["person"]} | {name: whole[name] for name in wanted}


def _number(query: Mapping[str, list[str]], name: str, default: int) -> int:
    text = query.get(name, [str(default)])[0]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise _QueryError(f"{name} is a whole number, not {text!r}")
    return int(text)


class _QueryError(Exception):
    """A query that cannot be answered as it stands."""
