"""The journey that every kit sends, and what the server has to have of it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from tests.faulty import Fault, Network, refused
from tests.sdks.conftest import PLANS, Send, Sending, Shop

from tailorbird.kernel.facts import MERGE, TRAITS

EVENTS = [("Product Viewed", "price", 12.5), ("Order Completed", "order_id", "o1")]
NO_IDENTIFY = frozenset({"snowplow-node", "snowplow-python", "snowplow-browser"})
"""Kits that can only say who somebody is, not what she is like."""
OWN_VISITOR = frozenset({"snowplow-browser"})
"""Kits that nobody can tell which visitor it is."""
NEVER_429 = frozenset({"posthog-js"})
"""Kits that take 429 for good; the addresses that they send to answer 503 instead."""
NEVER_AGAIN = frozenset({"jitsu-node", "jitsu-browser"})
"""Kits that send nothing a second time: what the server never heard of is gone with them."""


def travels(kit: str, plan: str, send: Send, shop: Shop, network: Network) -> None:
    """Have a kit send the journey while the network fails, and look for what is stored."""
    user, visitor = shop.user()
    network.plan.extend(_as_told(kit, fault) for fault in PLANS[plan])
    sending = Sending(network.url, shop.server.key, user, visitor)
    began = time.time()
    gives_up = kit in NEVER_AGAIN and plan != "nothing"

    def arrived() -> bool:
        if gives_up:
            return len(network.posts("/api")) >= len(EVENTS) + 1
        return not missing(kit, shop.stored(user))

    send(kit, sending, arrived)
    ended = time.time()
    assert not network.plan, "the network has not failed as it should"
    facts = shop.stored(user)
    if gives_up:
        assert lost(facts) <= len([one for one in network.seen if one.fault and not one.answer])
        return
    assert missing(kit, facts) == []
    told = [(fact["name"], fact["properties"]) for fact in facts]
    for name, key, value in EVENTS:
        assert [given.get(key) for called, given in told if called == name] == [value], told
    for fact in facts:
        at = datetime.fromisoformat(fact["time"]).timestamp()
        assert began - 1 <= at <= ended + 1, fact
    (other,) = [fact["properties"]["other"] for fact in facts if fact["name"] == MERGE]
    assert other in (visitor, user) or kit in OWN_VISITOR
    assert [fact["name"] for fact in shop.stored(other)] == [fact["name"] for fact in facts]


def _as_told(kit: str, fault: Fault) -> Fault:
    """A fault as the server tells it to a kit."""
    return refused(503, fault.retry_after) if kit in NEVER_429 and fault.status == 429 else fault


def missing(kit: str, facts: list[dict[str, Any]]) -> list[str]:
    """Which of the facts are not there yet."""
    wanted = [name for name, _, _ in EVENTS] + [MERGE]
    wanted += [] if kit in NO_IDENTIFY else [TRAITS]
    there = {fact["name"] for fact in facts}
    return [name for name in wanted if name not in there]


def lost(facts: list[dict[str, Any]]) -> int:
    """How many of the three calls are not there; none is there twice."""
    names = [fact["name"] for fact in facts]
    wanted = [TRAITS, *(name for name, _, _ in EVENTS)]
    assert max(map(names.count, wanted)) <= 1, names
    return sum(name not in names for name in wanted)
