// One kit of npm for servers, used as its makers show it: node servers.mjs KIT URL KEY USER VISITOR
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [kit, url, key, user, visitor] = process.argv.slice(2);
const seen = { product_id: "p1", price: 12.5 };
const paid = { order_id: "o1", revenue: 20 };
const traits = { city: "Leeds" };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const kits = {
  async "segment-node"() {
    const { Analytics } = require("@segment/analytics-node");
    const client = new Analytics({ writeKey: key, host: url, maxRetries: 8 });
    client.identify({ userId: user, anonymousId: visitor, traits });
    client.track({ userId: user, event: "Product Viewed", properties: seen });
    client.track({ userId: user, event: "Order Completed", properties: paid });
    await client.closeAndFlush({ timeout: 60_000 });
  },
  async "rudder-node"() {
    const Analytics = require("@rudderstack/rudder-sdk-node");
    const client = new Analytics(key, { dataPlaneUrl: url, flushAt: 3 });
    client.identify({ userId: user, anonymousId: visitor, traits });
    client.track({ userId: user, event: "Product Viewed", properties: seen });
    client.track({ userId: user, event: "Order Completed", properties: paid });
    await new Promise((done) => client.flush(done));
    await pause(300);
  },
  async "jitsu-node"() {
    const { jitsuAnalytics } = require("@jitsu/js");
    const client = jitsuAnalytics({ host: url, writeKey: `${key}:x`, s2s: true });
    client.setAnonymousId(visitor);
    await client.identify(user, traits);
    await client.track("Product Viewed", seen);
    await client.track("Order Completed", paid);
  },
  async "snowplow-node"() {
    const { buildSelfDescribingEvent, newTracker } = require("@snowplow/node-tracker");
    const heard = { requests: 0 };
    const done = (resolve) => ({
      onRequestSuccess: (batch) => (heard.requests += batch.length) >= 2 && resolve(),
    });
    await new Promise((resolve) => {
      const tracker = newTracker(
        { namespace: "shop", appId: key },
        { endpoint: url, eventMethod: "post", bufferSize: 2, ...done(resolve) },
      );
      tracker.setUserId(user);
      tracker.setDomainUserId(visitor);
      const shop = "iglu:com.snowplowanalytics.snowplow.ecommerce";
      const action = (type) => ({
        schema: `${shop}/snowplow_ecommerce_action/jsonschema/1-0-2`,
        data: { type },
      });
      const product = { schema: `${shop}/product/jsonschema/1-0-0`, data: { id: "p1", price: 12.5 } };
      const order = {
        schema: `${shop}/transaction/jsonschema/1-0-0`,
        data: { transaction_id: "o1", revenue: 20 },
      };
      tracker.track(buildSelfDescribingEvent({ event: action("product_view") }), [product]);
      tracker.track(buildSelfDescribingEvent({ event: action("transaction") }), [order]);
      setInterval(() => tracker.flush(), 200);
      setTimeout(resolve, 60_000);
    });
  },
  async "posthog-node"() {
    const { PostHog } = require("posthog-node");
    const client = new PostHog(key, { host: url, fetchRetryCount: 8, fetchRetryDelay: 200 });
    client.identify({ distinctId: user, properties: { ...traits } });
    client.alias({ distinctId: user, alias: visitor });
    client.capture({ distinctId: user, event: "Product Viewed", properties: seen });
    client.capture({ distinctId: user, event: "Order Completed", properties: paid });
    await client.shutdown(60_000);
  },
};

await kits[kit]();
process.exit(0);
