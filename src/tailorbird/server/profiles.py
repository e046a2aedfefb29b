"""Profiles over HTTP: one person as the live states have her."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
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
FIELDS: Final = (
    "ids",
    "exists",
    "traits",
    "scores",
    "segments",
    "persona",
    "at",
    "as_of",
    "pending",
)
PAGE: Final = 1_000
"""Members on one page, at most."""
PATIENCE_S: Final = 5.0
"""So long a read waits for the position that it asks for."""
_PAUSE_S: Final = 0.005
_LONGEST_PAUSE_S: Final = 0.1
_TOO_EARLY: Final = Answer(
    503,
    {"error": "what is told here has not come as far as min_position yet; ask again"},
    1,
)


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
        position = _number(query, "min_position", 0)
        if raw.startswith(SEGMENTS):
            return await self._members_from(position, raw.removeprefix(SEGMENTS), query)
        id_ = unquote(raw.removeprefix(PROFILES))
        async for _ in self._reached(position):
            found = await asyncio.to_thread(self._live.person, id_, self._now_us())
            if found is None:
                return Answer(404, {"error": "nobody is known by this id"})
            if found.as_of >= position:
                return Answer(200, _chosen(told(found, self._live.plan.definitions), query))
        return _TOO_EARLY

    async def _members_from(
        self, position: int, rest: str, query: Mapping[str, list[str]]
    ) -> Answer:
        async for _ in self._reached(position):
            return await asyncio.to_thread(self._members, rest, query)
        return _TOO_EARLY

    async def _reached(self, position: int) -> AsyncIterator[None]:
        """Come back as often as it is worth looking: whoever wrote facts wants to read them.

        The facts below the position are taken in then, but those of somebody whose history is
        being read again: as of when she is told, she says herself.
        """
        loop = asyncio.get_running_loop()
        begun_s, pause_s = loop.time(), _PAUSE_S
        while True:
            if self._live.committed >= position:
                yield
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            if loop.time() - begun_s > PATIENCE_S:
                return
            await asyncio.sleep(pause_s)

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
        "pending": view.is_pending,
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
