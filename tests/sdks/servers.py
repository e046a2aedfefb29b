"""One kit of PyPI, used as its makers show it: ``python servers.py KIT URL KEY USER VISITOR``."""

from __future__ import annotations

import sys
import time
from urllib.parse import urlsplit

SEEN = {"product_id": "p1", "price": 12.5}
PAID = {"order_id": "o1", "revenue": 20}
TRAITS = {"city": "Leeds"}


def segment(url: str, key: str, user: str, visitor: str) -> None:
    from segment.analytics.client import Client

    client = Client(key, host=url, max_retries=8)
    client.identify(user, TRAITS, anonymous_id=visitor)
    client.track(user, "Product Viewed", SEEN)
    client.track(user, "Order Completed", PAID)
    client.shutdown()


def rudder(url: str, key: str, user: str, visitor: str) -> None:
    from rudderstack.analytics.client import Client

    client = Client(key, host=url, gzip=True, max_retries=8)
    client.identify(user, TRAITS, anonymous_id=visitor)
    client.track(user, "Product Viewed", SEEN)
    client.track(user, "Order Completed", PAID)
    client.shutdown()


def snowplow(url: str, key: str, user: str, visitor: str) -> None:
    from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Subject, Tracker

    where = urlsplit(url)
    sent: list[object] = []
    emitter = Emitter(
        str(where.hostname),
        protocol="http",
        port=where.port,
        batch_size=2,
        on_success=sent.extend,
        max_retry_delay_seconds=1,
    )
    subject = Subject().set_user_id(user).set_domain_user_id(visitor)
    tracker = Tracker("shop", emitter, app_id=key, subject=subject)
    shop = "iglu:com.snowplowanalytics.snowplow.ecommerce"

    def happened(kind: str, entity: str, **said: object) -> SelfDescribing:
        action = f"{shop}/snowplow_ecommerce_action/jsonschema/1-0-2"
        beside = SelfDescribingJson(f"{shop}/{entity}/jsonschema/1-0-0", said)
        return SelfDescribing(SelfDescribingJson(action, {"type": kind}), context=[beside])

    tracker.track(happened("product_view", "product", id="p1", price=12.5))
    tracker.track(happened("transaction", "transaction", transaction_id="o1", revenue=20))
    end = time.monotonic() + 60
    while len(sent) < 2 and time.monotonic() < end:
        time.sleep(0.05)  # it comes again by itself, from a thread


def posthog(url: str, key: str, user: str, visitor: str) -> None:
    from posthog import Posthog

    client = Posthog(key, host=url, gzip=True, max_retries=8)
    client.set(distinct_id=user, properties=TRAITS)
    client.alias(visitor, user)
    client.capture("Product Viewed", distinct_id=user, properties=SEEN)
    client.capture("Order Completed", distinct_id=user, properties=PAID)
    client.shutdown()


KITS = {
    "segment-python": segment,
    "rudder-python": rudder,
    "snowplow-python": snowplow,
    "posthog-python": posthog,
}

if __name__ == "__main__":
    KITS[sys.argv[1]](*sys.argv[2:])
