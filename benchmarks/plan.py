"""What it costs to hold an event against a tracking plan, beside a check written by hand.

    python benchmarks/plan.py

The aim is less than 3 us an event. It is one process without a server: what is timed is what the
collector does more when a plan is published.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from tailorbird.events.judging import judged
from tailorbird.events.tracking_plan import read_plan
from tailorbird.kernel.values import UNIT, read_json

EVENTS: Final = 100_000
ROUNDS: Final = 5
PLAN: Final = """
mode: reject
unplanned: reject
naming: '^[A-Z][A-Za-z]*( [A-Z][A-Za-z]*)*$'
events:
  Product Viewed:
    properties:
      type: object
      required: [product_id, price]
      properties:
        product_id: {type: string, minLength: 1}
        price: {type: number, minimum: 0}
        currency: {enum: [EUR, USD, GBP]}
        category: {type: string}
        quantity: {type: integer, minimum: 1}
        tags: {type: array, items: {type: string}}
"""
TAGS: Final = """
tags:
  device: true
  campaign: true
  pages:
    - {path: '^/p/', type: product}
"""
MESSAGE: Final = """
{"type": "track", "event": "Product Viewed", "userId": "ann", "messageId": "m1",
 "context": {"userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148",
             "page": {"url": "https://shop.example/p/1?utm_source=mail&utm_campaign=may"}},
 "properties": {"product_id": "p1", "price": 12.5, "currency": "EUR", "category": "shoes",
                "quantity": 2, "tags": ["new", "red"]}}
"""


def by_hand(messages: list[Any]) -> None:
    """The same rules as someone would write them for this one event."""
    for message, _ in messages:
        if message["event"] != "Product Viewed":
            raise ValueError
        said = message["properties"]
        price, quantity = said["price"], said["quantity"]
        good = (
            isinstance(said["product_id"], str)
            and said["product_id"]
            and type(price) is int
            and price >= 0
            and said["currency"] in ("EUR", "USD", "GBP")
            and isinstance(said["category"], str)
            and type(quantity) is int
            and quantity >= UNIT
            and not quantity % UNIT
            and all(isinstance(tag, str) for tag in said["tags"])
        )
        if not good:
            raise ValueError


def best_us(run: Callable[[], object]) -> float:
    """The least time of a few rounds, in microseconds an event."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return min(times) / EVENTS * 1e6


def main() -> None:
    """Print the times."""
    message = read_json(MESSAGE)
    messages: list[Any] = [(message, None)] * EVENTS
    plan = read_plan({"tracking_plan.yaml": PLAN})
    both = read_plan({"tracking_plan.yaml": PLAN + TAGS})
    tags = read_plan({"tracking_plan.yaml": TAGS})
    assert not judged(messages[:1], both).violations
    hand = best_us(lambda: by_hand(messages))
    rows = [
        ("a check written by hand", hand),
        ("the plan's schemas", best_us(lambda: judged(messages, plan))),
        ("its tags alone", best_us(lambda: judged(messages, tags))),
        ("both", best_us(lambda: judged(messages, both))),
    ]
    for what, took_us in rows:
        print(f"{what:24} {took_us:6.2f} us an event   {took_us / hand:5.1f} x by hand")


if __name__ == "__main__":
    main()
