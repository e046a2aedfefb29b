"""Who is in a segment, page after page, out of the store of live states."""

from __future__ import annotations

from heapq import merge as merged
from itertools import islice

from tailorbird.language import live
from tailorbird.language.definitions import Key
from tailorbird.ports.states import StateStore


def members(
    store: StateStore, plan: live.Plan, segment: str, after: str | None, most: int
) -> list[str]:
    """Names of so many people in a segment, in order, that come after a name."""
    key: Key = ("segment", segment)
    plan.definitions.find("segment", segment)
    pages = [
        store.people_standing(number, after or "", most)
        for number, stored in store.standings()
        if key in live.membership(plan, live.decode(stored))
    ]
    return list(islice(merged(*pages), most))
