"""A wire dialect: how the kits of one maker say events over HTTP, and what they expect to hear.

A dialect is one file: it turns a request into messages of one shape, Segment's, and the outcome
into the answer that its kits understand. What happens between the two is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, UnsetType

from tailorbird.events.wire import Body, UnreadableError

JSON: Final = "application/json"
MOST_QUERIED: Final = 1_000
"""Parameters of one query."""


@dataclass(frozen=True)
class Sent:
    """A request as a dialect reads it; its key may still be unknown."""

    body: bytes = b""
    """Unpacked."""
    raw_query: bytes = b""
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    """By name in small letters."""
    path: Mapping[str, str] = field(default_factory=dict)
    """The parts of the path that have names."""
    scheme: str = "http"
    """By which the client asks: http or https."""

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters of the query; raises `UnreadableError` for too many of them."""
        try:
            pairs = parse_qsl(
                self.raw_query.decode("latin-1"),
                keep_blank_values=True,
                max_num_fields=MOST_QUERIED,
            )
        except ValueError:
            says = f"the query has more than {MOST_QUERIED} parameters"
            raise UnreadableError(says) from None
        return dict(pairs)

    def header(self, name: bytes) -> str:
        """A header as text, empty where there is none."""
        return self.headers.get(name, b"").decode("latin-1")


Status = Literal["accepted", "duplicate", "rejected", "quarantined", "preview", "sampled"]
"""A message that is quarantined is kept aside, and taken once what is wrong is put right; a preview
is shown to whoever tries a page, and not stored. One that is sampled is of somebody who is not in
the sample of its key, and was let go."""


class Result(msgspec.Struct, rename="camel", omit_defaults=True):
    """What became of a message."""

    status: Status
    reason: str | UnsetType = UNSET
    warning: str | UnsetType = UNSET
    """What of the message was not taken, though the message was."""
    message_id: str | UnsetType = UNSET
    """The id that a message got because it came without one."""


class Results(msgspec.Struct):
    """What became of each message, in their order."""

    success: bool
    position: int
    """Lies behind everything of the request: ask for what reflects it with ``min_position``."""
    results: list[Result]


class Reply(NamedTuple):
    """What a kit is answered."""

    said: Any
    """Bytes as they are, everything else as JSON."""
    status: int = 200
    kind: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Signed(NamedTuple):
    """A request whose key signed it and does not stand in it."""

    key_id: str
    said: bytes
    signature: str


def plain(sent: Sent, told: Results) -> Reply:
    """The answer of the product itself: what became of each message."""
    return Reply(told)


def no_key(sent: Sent) -> str | None:
    """Nothing but the usual places says the key."""
    return None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address to which kits of a dialect send events."""

    method: Literal["GET", "POST"]
    path: str
    """Parts in braces are given to the dialect; one that is called ``key`` is the write key."""
    name: str
    """What programs call it; no two have the same."""
    says: str
    read: Callable[[Sent], Body]
    """Gives the messages; raises `UnreadableError` when there are none."""
    reply: Callable[[Sent, Results], Reply] = plain
    """The answer where at least one message is kept; else it is 400 with the `Results`."""
    key: Callable[[Sent], str | None] = no_key
    """Where else a write key may stand than in headers and ``writeKey`` of query or body."""
    signed: Callable[[Sent], Signed] | None = None
    """Given where a signature stands for the key."""
    dry: bool = False
    """Whether it only says what would become of the messages."""
    takes: Any = Any
    """The type of the body, as far as it can be said; None: there is none."""
    gives: Any = Results
    """The type of what is said with status 200."""
    kind: str = JSON
    busy: Literal[429, 503] = 429
    """The status by which its kits are made to come again later."""
    example: str | None = None
    """A body that can be sent as it stands."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the named parts of the path are."""

    @property
    def call(self) -> str:
        """What people see in lists of rejected messages."""
        return self.path.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Page:
    """One address at which a kit asks something before it sends anything."""

    path: str
    name: str
    says: str
    told: Callable[[Sent, str], Reply]
    """Given the request and the text of its write key."""
    method: Literal["GET", "POST"] = "GET"
    key: Callable[[Sent], str | None] = no_key
    gives: Any = dict[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """All addresses of one dialect, offered as an entry point of ``tailorbird.dialects``."""

    name: str
    says: str
    """Whose kits speak it, in a few words."""
    endpoints: tuple[Endpoint, ...]
    pages: tuple[Page, ...] = ()


def endpoints_of(dialects: Iterable[Dialect]) -> dict[str, Endpoint]:
    """All addresses of some dialects to which events are sent, by their names."""
    return {endpoint.name: endpoint for dialect in dialects for endpoint in dialect.endpoints}
