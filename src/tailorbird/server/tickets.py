"""Tickets: they let somebody follow one person for a short while.

A read key gets a ticket for anybody: your own server asks, and knows who is logged in. A write key
stands in pages where everybody can read it, so with one there are tickets for visitors' ids alone,
which only this server can make.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from tailorbird.governance.tickets import (
    TICKET_CHARACTERS,
    VISITOR_BYTES,
    Ticket,
    is_visitor,
    make_ticket,
    make_visitor,
)
from tailorbird.kernel import limits
from tailorbird.kernel.instants import SECOND, format_instant, parse_duration
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.auth import KeyCheck
from tailorbird.server.origins import PageRules
from tailorbird.server.table import Route, answers

LIFETIME: Final = "15m"
_NONCE_BYTES: Final = 12


class TicketAsked(Struct, forbid_unknown_fields=True):
    """For whom a ticket is to be."""

    id: str
    """The person, as whom your server knows her; also followed under ids of visitors."""
    lifetime: str = LIFETIME
    """How long it is to be good."""
    origin: str = ""
    """The only site whose pages may use it; empty: any that the settings allow."""
    also: tuple[str, ...] = ()
    """Other identifiers that your server knows to be hers, such as a number of a customer; take
    none of them from the page."""


class TicketGiven(Struct):
    """A ticket."""

    ticket: str
    expires: str


class VisitorAsked(Struct, forbid_unknown_fields=True, rename="camel"):
    """Which visitor a page has; none makes one."""

    visitor: str = ""
    lifetime: str = LIFETIME
    write_key: str = ""
    """The key, for pages that send it in no header."""


class VisitorGiven(Struct):
    """A visitor, and a ticket for her."""

    visitor: str
    """What her page sends as ``anonymousId``, and keeps."""
    ticket: str
    expires: str


class Tickets:
    """The routes that give tickets."""

    def __init__(
        self,
        rules: PageRules,
        keys: KeyCheck,
        now_us: Callable[[], int],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._secret, self._origins = rules.secret, rules.origins
        self._keys = keys
        self._now_us = now_us
        self._random_bytes = random_bytes

    @answers(
        Route(
            "POST",
            "/v1/tickets",
            "make_ticket",
            "Give a ticket to follow anybody for a short while. For your own server, which knows "
            "who is logged in.",
            "read",
            group="push",
            takes=TicketAsked,
            gives=TicketGiven,
            faults=(413,),
            example='{"id": "ann"}',
        )
    )
    async def ticket(self, asked: Asked) -> Answer:
        """A ticket for somebody."""
        wanted = await asked.read(TicketAsked, limits.TICKET_BODY_BYTES)
        if not _is_id(wanted.id):
            raise RefusedError(400, f"id has 1 to {limits.ID_CHARACTERS} characters")
        if len(wanted.origin) > limits.ID_CHARACTERS:
            raise RefusedError(400, f"origin has at most {limits.ID_CHARACTERS} characters")
        if len(wanted.also) > limits.TICKET_IDS or not all(map(_is_id, wanted.also)):
            most, longest = limits.TICKET_IDS, limits.ID_CHARACTERS
            raise RefusedError(400, f"also has at most {most} ids of 1 to {longest} characters")
        end_us = self._end_us(wanted.lifetime)
        ticket = Ticket(wanted.id, end_us, wanted.origin, also=wanted.also)
        text, expires = self._made(ticket)
        if len(text) > TICKET_CHARACTERS:
            raise RefusedError(400, "these ids are too long together for one ticket")
        return Answer(200, TicketGiven(text, expires))

    @answers(
        Route(
            "POST",
            "/v1/visitors",
            "make_visitor",
            "Give a page an id for its visitor, and a ticket to follow her until she has another "
            "identifier too.",
            "write",
            group="push",
            takes=VisitorAsked,
            gives=VisitorGiven,
            faults=(413,),
            for_pages=True,
            key_inside=True,
            example="{}",
        )
    )
    async def visitor(self, asked: Asked) -> Answer:
        """A visitor of a page, new or known."""
        origin = self._origins.of(asked.headers) or ""
        wanted = await asked.read(VisitorAsked, limits.TICKET_BODY_BYTES)
        if asked.key is None:
            self._keys.admitted(wanted.write_key, "write")
        visitor = wanted.visitor
        if not visitor:
            visitor = make_visitor(self._secret, self._random_bytes(VISITOR_BYTES))
        elif not is_visitor(self._secret, visitor):
            raise RefusedError(400, "visitor is no id that was made here; leave it out to get one")
        ticket = Ticket(visitor, self._end_us(wanted.lifetime), origin, is_alone=True)
        return Answer(200, VisitorGiven(visitor, *self._made(ticket)))

    def _made(self, ticket: Ticket) -> tuple[str, str]:
        text = make_ticket(self._secret, self._random_bytes(_NONCE_BYTES), ticket)
        return text, format_instant(ticket.expires_us)

    def _end_us(self, lifetime: str) -> int:
        length_us = parse_duration(lifetime)
        if length_us is None or not 0 < length_us <= limits.TICKET_SECONDS * SECOND:
            longest = f"{limits.TICKET_SECONDS // 60}m"
            said = f"lifetime is a duration such as {LIFETIME}, at most {longest}"
            raise RefusedError(400, said)
        return self._now_us() + length_us


def _is_id(text: str) -> bool:
    return 0 < len(text) <= limits.ID_CHARACTERS
