"""Messages that wait for something to be put right: kept before the answer, tried again later."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import NamedTuple, TypeVar

from tailorbird.events.arriving import Arrived
from tailorbird.events.columns import FactColumns
from tailorbird.events.refusals import Refusal, RejectedItem, Sort
from tailorbird.events.wire import UnreadableError, read_single
from tailorbird.flow.preparing import Preparing
from tailorbird.flow.whole_bodies import read_again
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.kernel.instants import DAY
from tailorbird.ports.dialects import Endpoint
from tailorbird.ports.log import NotWritableError
from tailorbird.ports.quarantine import Held, Quarantine
from tailorbird.ports.rejects import StoredReject

_GONE: str = "the key that it came with is not known any more"
Found = TypeVar("Found")


class Tried(NamedTuple):
    """What came of trying some again."""

    facts: list[FactColumns]
    """Those of the messages that can be taken now."""
    taken: list[int]
    """Their numbers."""
    still: dict[int, Refusal]
    """By number why others still cannot be taken."""
    forbidden: list[int]
    """Those of people who do not agree to being observed: they may not even be kept."""


class Replayed(NamedTuple):
    """What became of messages that were tried again."""

    accepted: int
    """Facts that are new; some messages are two."""
    duplicates: int
    """Those that were stored before."""
    still: int
    """Messages that stay, each with its reason of now."""
    forbidden: int
    """Messages that had to go, because their people do not agree to being observed."""


def try_again(
    stored: Iterable[StoredReject],
    preparing: Preparing,
    keys: Mapping[str, ApiKey],
    endpoints: Mapping[str, Endpoint],
) -> Tried:
    """Hold messages against the plan of now, as if they came when they came.

    ``endpoints`` are those by name that read whole bodies. Of such a body that is taken which can
    be; while something of it cannot, it stays, and another try takes nothing twice. Raises
    `BehindError`.
    """
    found = Tried([], [], {}, [])
    for one in stored:
        if one.is_erased:
            found.forbidden.append(one.number)
            continue
        told = _again(one.item, preparing, keys, endpoints)
        if isinstance(told, Refusal):
            found.still[one.number] = told
            continue
        if told.columns.length:
            found.facts.append(preparing.marked(told).columns)
        against = [refusal for refusal in told.refused.values() if refusal.sort != "sample"]
        if any(refusal.sort == "consent" for refusal in against):
            found.forbidden.append(one.number)
        elif against:
            found.still[one.number] = against[0]
        else:
            found.taken.append(one.number)
    return found


def _again(
    item: RejectedItem,
    preparing: Preparing,
    keys: Mapping[str, ApiKey],
    endpoints: Mapping[str, Endpoint],
) -> Arrived | Refusal:
    key = keys.get(item.key)
    if key is None:
        return Refusal(item.refusal.sort, _GONE, aside=True)
    if item.request:
        return read_again(item, key, preparing, endpoints)
    try:
        messages = read_single(item.message).messages
    except UnreadableError as error:
        return Refusal("poison", f"it cannot be read: {error}", aside=True)
    shared = {"sentAt": item.sent_at}
    new_id = partial(str, item.id) if item.id else None
    facts, violations = preparing.facts(messages, shared, key, item.at_us, new_id)
    return preparing.settled(facts, violations)


class Quarantining:
    """The quarantine of a running server; belongs to one event loop."""

    def __init__(
        self,
        now_us: Callable[[], int],
        opened: Callable[[], Quarantine] | None = None,
        keep_days: int = 30,
    ) -> None:
        """``opened`` gives the store when it is first used; None keeps nothing."""
        self._now_us = now_us
        self._opened = opened if keep_days else None
        self._keep_us = keep_days * DAY
        self._store: Quarantine | None = None
        self._opening = Lock()
        self.counts: Counter[Sort] = Counter({"plan": 0, "poison": 0})
        """How many were kept aside since the start, by sort."""
        self.dropped = 0
        """How many had to go since the start because there were too many, too large or too old."""
        self.held = Held(0, 0)
        """How much there was at the last look."""

    @property
    def keeps(self) -> bool:
        """Whether anything is kept aside; else it is rejected."""
        return self._opened is not None

    async def keep(self, items: Sequence[RejectedItem]) -> None:
        """Have some on the disk. Raises `NotWritableError` when that cannot be."""
        try:
            await asyncio.to_thread(self._keep, items)
        except (TailorbirdError, OSError) as error:
            raise NotWritableError(f"what is to be kept aside cannot be: {error}") from None
        self.counts.update(item.refusal.sort for item in items)

    def _keep(self, items: Sequence[RejectedItem]) -> None:
        store = self.store()
        self.dropped += store.keep(items, self.oldest_us())
        self.held = store.held()

    def oldest_us(self) -> int:
        """What came before this instant is too old to be kept."""
        return self._now_us() - self._keep_us

    def store(self) -> Quarantine:
        """The store, opened."""
        if self._opened is None:
            raise InputError("nothing is kept aside here: the setting quarantine_days is 0")
        with self._opening:
            if self._store is None:
                self._store = self._opened()
            return self._store

    async def ask(self, about: Callable[[Quarantine], Found]) -> Found:
        """Something about what is kept, without what has become too old."""

        def ask() -> Found:
            store = self.store()
            store.forget(self.oldest_us())
            found = about(store)
            self.held = store.held()
            return found

        return await asyncio.to_thread(ask)

    def close(self) -> None:
        """Let the store be."""
        if self._store is not None:
            self._store.close()


def wanted(store: Quarantine, numbers: Sequence[int], after: int) -> list[StoredReject]:
    """Those with some numbers, or else the oldest behind one; so many as are tried at a time."""
    if numbers:
        found = [store.find(number) for number in numbers[: limits.REPLAYED]]
        return [one for one in found if one is not None]
    return store.oldest(limits.REPLAYED, after=after)
