"""Why something that arrived is no fact: in words, and as one of a few sorts, to be counted."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

Rejected = Literal[
    "body",
    "json",
    "size",
    "type",
    "name",
    "person",
    "time",
    "reserved",
    "consent",
    "plan",
    "poison",
    "conflict",
]
Sort = Rejected | Literal["preview", "sample"]
"""Why a message is not stored: it was rejected, is a preview that is only shown, or is about
somebody who is not in the sample of its key."""
SORTS: Final[tuple[Rejected, ...]] = get_args(Rejected)
"""A body that cannot be read at all, a message that is no JSON, one beyond a limit, one of no known
shape, one without an event's name, without a person, with no time that can be, with a name that
its key may not use, about somebody who did not agree to being observed, one that does not fit the
tracking plan, one at which the program itself failed, or one with the id of a message that says
something else: that is answered as a duplicate."""


class Refusal(NamedTuple):
    """Why a message is no fact."""

    sort: Sort
    says: str
    """In words; what was given may stand in it, and with that what somebody is called."""
    aside: bool = False
    """Whether the message is kept aside, to be taken once what was wrong is put right."""


class RefusedError(Exception):
    """A message that cannot be a fact; its text says why."""

    def __init__(self, sort: Sort, says: str) -> None:
        super().__init__(says)
        self.sort = sort


class RejectedItem(NamedTuple):
    """A message that the collector did not take, for whoever looks for the reason."""

    at_us: int
    """When it arrived."""
    call: str
    """The last part of the path that it was sent to."""
    key: str
    """The id of the key that it came with."""
    refusal: Refusal
    subject: str | None
    """Whom it is about, where it says that."""
    raw: bytes
    """What was sent, or its beginning."""
    length: int
    """The bytes of all of it."""
    message: bytes = b""
    """Of one that is kept aside: it in the shape of Segment's interface, as JSON."""
    id: str = ""
    """The message id that it has or was given."""
    sent_at: str | None = None
    """When the whole request says that it was sent."""
    request: bytes = b""
    """Of a body that no dialect could read: what else is needed to read it later."""
