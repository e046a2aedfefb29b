"""Why something that arrived is no fact: in words, and as one of a few sorts, to be counted."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

Sort = Literal["body", "json", "size", "type", "name", "person", "time", "reserved", "consent"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
"""A body that cannot be read at all, a message that is no JSON, one beyond a limit, one of no known
shape, one without an event's name, without a person, with no time that can be, with a name that
its key may not use, or about somebody who did not agree to being observed."""


class Refusal(NamedTuple):
    """Why a message is no fact."""

    sort: Sort
    says: str
    """In words; what was given may stand in it, and with that what somebody is called."""


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
