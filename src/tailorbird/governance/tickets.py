"""Tickets: for a short while the holder may follow one person, whom nobody else can choose.

A ticket is sealed, so it tells nothing where addresses are written down. A page without a server
behind it gets a visitor's id that only the server can have made, and a ticket for that id alone:
such an id is no user's, however users are called, and cannot be guessed.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection
from hashlib import blake2b
from hmac import compare_digest
from typing import Final, NamedTuple

import msgspec

from tailorbird.governance.seals import KEY_BYTES, BrokenSealError, open_seal, seal
from tailorbird.kernel.errors import InputError

VISITOR_BYTES: Final = 16
VISITOR_IDS: Final = r"(\$device:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""What the ids look like that the libraries of most makers give to visitors."""
_SIGN_BYTES: Final = 16
_TICKET: Final = "tbt_"
_VISITOR: Final = "tbv_"
_BOUND: Final = b"ticket"
TICKET_CHARACTERS: Final = 8_192


class TicketError(InputError):
    """A ticket that is none, or is none any more."""


class Ticket(NamedTuple):
    """What a ticket says."""

    identifier: str
    """Whoever has it may be followed, also when she turns out to be one with some visitors."""
    expires_us: int
    origin: str = ""
    """The only site whose pages may use it; empty for any that the settings allow."""
    is_alone: bool = False
    """Whether it is good only while the person has no other identifier."""
    also: tuple[str, ...] = ()
    """Other identifiers that whoever asked for it knows to be hers."""


def may_follow(
    ticket: Ticket,
    identifiers: Collection[str],
    users: Collection[str],
    is_visitors: Callable[[str], bool],
) -> bool:
    """Whether the holder of a ticket may see the person who has all these identifiers.

    Everybody can read a write key, and link whom she likes with it: a visitor who is logged in as
    one user could say to be another, and see her. So beside those for whom the ticket was asked
    the person may have visitors' ids alone, and none of ``users``, with whom somebody was linked.

    >>> ticket = Ticket("ann", 100)
    >>> may_follow(ticket, ["ann", "v1"], ["ann"], lambda text: text == "v1")
    True
    >>> may_follow(ticket, ["ann", "bob"], ["ann"], lambda text: text == "v1")
    False
    """
    if ticket.is_alone:
        return len(identifiers) <= 1
    others = set(identifiers).difference((ticket.identifier, *ticket.also))
    return others.isdisjoint(users) and all(map(is_visitors, others))


def make_ticket(secret: bytes, nonce: bytes, ticket: Ticket) -> str:
    """The text of a ticket; ``nonce`` is 12 random bytes.

    >>> text = make_ticket(b"secret", bytes(12), Ticket("ann", 100))
    >>> text.startswith("tbt_"), read_ticket(b"secret", text, 99).identifier
    (True, 'ann')
    """
    sealed = seal(_key(secret), nonce, msgspec.msgpack.encode(ticket), _BOUND)
    return _TICKET + urlsafe_b64encode(sealed).decode().rstrip("=")


def read_ticket(secret: bytes, text: str, now_us: int) -> Ticket:
    """What a ticket says; raises `TicketError` for one that is not from here or is too old."""
    if not text.startswith(_TICKET) or len(text) > TICKET_CHARACTERS:
        raise TicketError("this is no ticket; POST /v1/tickets gives one")
    given = text.removeprefix(_TICKET).encode("utf-8", "replace")
    try:
        sealed = urlsafe_b64decode(given + b"=" * (-len(given) % 4))
        plain = open_seal(_key(secret), sealed, _BOUND)
    except (binascii.Error, BrokenSealError) as error:
        raise TicketError("this ticket is not from here; POST /v1/tickets gives one") from error
    ticket = msgspec.msgpack.decode(plain, type=Ticket)
    if ticket.expires_us <= now_us:
        raise TicketError("this ticket is too old; POST /v1/tickets gives another")
    return ticket


def make_visitor(secret: bytes, random: bytes) -> str:
    """The id of a new visitor from 16 random bytes.

    >>> is_visitor(b"secret", make_visitor(b"secret", bytes(16)))
    True
    """
    return f"{_VISITOR}{random.hex()}{_sign(secret, random).hex()}"


def is_visitor(secret: bytes, text: str) -> bool:
    """Whether an id was made here for a visitor.

    >>> is_visitor(b"secret", "ann"), is_visitor(b"secret", "tbv_" + "0" * 64)
    (False, False)
    """
    given = text.removeprefix(_VISITOR).encode("utf-8", "replace")
    try:
        raw = binascii.unhexlify(given)
    except binascii.Error:
        return False
    random, sign = raw[:VISITOR_BYTES], raw[VISITOR_BYTES:]
    is_ours = compare_digest(sign, _sign(secret, random))
    return is_ours and text == f"{_VISITOR}{raw.hex()}"


def _key(secret: bytes) -> bytes:
    return blake2b(b"tickets", key=secret, digest_size=KEY_BYTES).digest()


def _sign(secret: bytes, random: bytes) -> bytes:
    return blake2b(b"visitor" + random, key=secret, digest_size=_SIGN_BYTES).digest()
