"""How messages that were not taken are asked for and shown, rejected ones as those kept aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from tailorbird.events.refusals import SORTS, Sort
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.kernel.instants import format_instant
from tailorbird.ports.rejects import StoredReject
from tailorbird.server.parameters import choice, count

PARAMETERS: Final = (
    choice("sort", "Only those with a reason of this sort.", SORTS),
    count("before", "Only those before this number: the `next` of the page before.", default=0),
    count("limit", "So many on a page.", 1, limits.PAGE_ITEMS, default=100),
)


class UntakenMessage(Struct):
    """A message that was not taken."""

    number: int
    """They are numbered upwards."""
    at: str
    """When it arrived."""
    call: str
    """The last part of the path that it was sent to."""
    sort: Sort
    reason: str
    """Why it was not taken, at the last try."""
    key: str
    """The id of the key that it came with."""
    source: str
    """The name of that key; empty where that is not known any more."""
    person: str | None
    """Whom it is about, where it says that."""
    bytes: int
    """The length of what was sent."""
    raw: str
    """What was sent, or its beginning."""
    erased: bool
    """Whether it is about somebody who was erased since: then nothing of it can be read."""


def told(stored: StoredReject, keys: Mapping[str, ApiKey]) -> UntakenMessage:
    """One of them as answers show it; ``keys`` are all that messages came with, by their ids."""
    item = stored.item
    key = keys.get(item.key)
    return UntakenMessage(
        stored.number,
        format_instant(item.at_us),
        item.call,
        item.refusal.sort,
        item.refusal.says,
        item.key,
        "" if key is None else key.name,
        item.subject,
        item.length,
        (item.raw[: limits.REJECT_BYTES] if item.request else item.raw).decode("utf-8", "replace"),
        stored.is_erased,
    )


def page_of(found: Sequence[StoredReject], most: int) -> tuple[Sequence[StoredReject], int | None]:
    """A page of those found, of which one more was asked for; and where the next one begins."""
    page = found[:most]
    return page, page[-1].number if len(found) > most else None
