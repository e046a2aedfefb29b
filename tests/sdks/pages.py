"""Pages that use one kit of npm for browsers each, as its makers show it."""

from __future__ import annotations

from typing import Final

_SHOP: Final = "iglu:com.snowplowanalytics.snowplow.ecommerce"

PAGES: Final = {
    "segment-next": """
<script src="/kits/@segment/analytics-next/dist/umd/index.js"></script>
<script>
const client = AnalyticsNext.AnalyticsBrowser.load({writeKey: KEY, cdnURL: URL_OF});
client.setAnonymousId(VISITOR);
client.identify(USER, {city: "Leeds"});
client.track("Product Viewed", {product_id: "p1", price: 12.5});
client.track("Order Completed", {order_id: "o1", revenue: 20});
</script>""",
    "rudder-js": """
<script src="/kits/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"></script>
<script>
const client = new rudderanalytics.RudderAnalytics();
client.load(KEY, URL_OF, {configUrl: URL_OF});
client.setAnonymousId(VISITOR);
client.identify(USER, {city: "Leeds"});
client.track("Product Viewed", {product_id: "p1", price: 12.5});
client.track("Order Completed", {order_id: "o1", revenue: 20});
</script>""",
    "posthog-js": """
<script type="module">
import posthog from "/kits/posthog-js/dist/module.full.no-external.js";
posthog.init(KEY, {
  api_host: URL_OF,
  opt_out_useragent_filter: true,
  autocapture: false,
  capture_pageview: false,
  capture_pageleave: false,
  bootstrap: {distinctID: VISITOR},
});
posthog.identify(USER, {city: "Leeds"});
posthog.capture("Product Viewed", {product_id: "p1", price: 12.5});
posthog.capture("Order Completed", {order_id: "o1", revenue: 20});
</script>""",
    "snowplow-browser": """
<script src="/kits/@snowplow/browser-tracker/dist/index.umd.js"></script>
<script>
const snowplow = snowplowBrowserTracking;
const beside = (entity, data) => [{schema: `SHOP/${entity}/jsonschema/1-0-0`, data}];
const schema = "SHOP/snowplow_ecommerce_action/jsonschema/1-0-2";
const action = (type) => ({schema, data: {type}});
snowplow.newTracker("shop", URL_OF, {appId: KEY});
snowplow.setUserId(USER);
snowplow.trackSelfDescribingEvent({
  event: action("product_view"),
  context: beside("product", {id: "p1", price: 12.5}),
});
snowplow.trackSelfDescribingEvent({
  event: action("transaction"),
  context: beside("transaction", {transaction_id: "o1", revenue: 20}),
});
setInterval(() => snowplow.flushBuffer(), 300);
</script>""".replace("SHOP", _SHOP),
    "jitsu-browser": """
<script type="module">
import {jitsuAnalytics} from "/kits/@jitsu/js/dist/jitsu.es.js";
const client = jitsuAnalytics({host: URL_OF, writeKey: `${KEY}:x`});
client.setAnonymousId(VISITOR);
await client.identify(USER, {city: "Leeds"});
await client.track("Product Viewed", {product_id: "p1", price: 12.5});
await client.track("Order Completed", {order_id: "o1", revenue: 20});
</script>""",
}

BY_ITSELF: Final[dict[str, str]] = {
    "posthog-js by itself": """
<button id="buy" class="md:big"><span>Buy</span></button>
<script type="module">
import posthog from "/kits/posthog-js/dist/module.full.no-external.js";
posthog.init(KEY, {
  api_host: URL_OF,
  opt_out_useragent_filter: true,
  capture_pageview: false,
  capture_pageleave: false,
  bootstrap: {distinctID: VISITOR},
});
posthog.setPersonProperties({}, {first_seen: "may"});
const click = () => document.querySelector("#buy span").click();
setTimeout(click, 1000);
</script>""",
}
"""Pages on which a kit finds by itself what happens."""


def page_of(kit: str, *, url: str, key: str, user: str, visitor: str) -> str:
    """A page of a shop: its visitor becomes a user, looks at something and buys it."""
    said = f'var URL_OF = "{url}", KEY = "{key}", USER = "{user}", VISITOR = "{visitor}";'
    head = '<!doctype html><meta charset="utf-8"><title>Shop</title>'
    return f"{head}<script>{said}</script>{(PAGES | BY_ITSELF)[kit]}"
