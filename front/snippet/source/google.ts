// What a page says to Google's tags with gtag() or to dataLayer, also before this script came.

import { properties } from "./messages";
import { safely } from "./safely";
import type { Message, Properties, Sink } from "./types";

const OWN = /^gtm\./; // what the tag manager tells itself
const PURPOSES: Record<string, string> = {
  analytics_storage: "analytics",
  ad_storage: "marketing",
  personalization_storage: "personalisation",
};

type Layer = unknown[] & { push: (...given: unknown[]) => number };

export function watchGoogle(sink: Sink, purpose: string, ownPages: boolean): void {
  const page = window as unknown as { dataLayer?: Layer; gtag?: unknown };
  if (!Array.isArray(page.dataLayer)) page.dataLayer = [] as unknown as Layer;
  const layer = page.dataLayer;
  page.gtag ??= function gtag(): void {
    // biome-ignore lint/complexity/noArguments: whatever reads dataLayer tells commands by this
    layer.push(arguments);
  };
  const read = safely((item: unknown) => take(sink, item, purpose, ownPages));
  const before = layer.slice();
  const push = layer.push;
  layer.push = function (...given: unknown[]): number {
    const count = push.apply(this, given);
    given.forEach(read);
    return count;
  };
  before.forEach(read);
}

function take(sink: Sink, item: unknown, purpose: string, ownPages: boolean): void {
  if (Object.prototype.toString.call(item) === "[object Arguments]" || Array.isArray(item)) {
    command(sink, Array.from(item as ArrayLike<unknown>), purpose, ownPages);
  } else if (typeof item === "object" && item) {
    const { event, eventCallback, eventTimeout, ...rest } = item as Properties;
    named(sink, rest);
    if (typeof event === "string" && !OWN.test(event)) tell(sink, event, rest, ownPages);
  }
}

function command(sink: Sink, given: unknown[], purpose: string, ownPages: boolean): void {
  const [verb, first, second] = given;
  const more = (second ?? {}) as Properties;
  if (verb === "event" && typeof first === "string") {
    named(sink, more);
    tell(sink, first, more, ownPages);
  } else if (verb === "set" || verb === "config") {
    if (first === "user_properties") sink.identify("", more);
    else if (first === "user_id") named(sink, { user_id: second });
    else named(sink, (verb === "set" && typeof first === "object" ? first : more) as Properties);
  } else if (verb === "consent" && first === "update") {
    const said: Record<string, boolean> = {};
    for (const [name, as] of Object.entries(PURPOSES)) {
      if (more[name]) said[as === "analytics" ? purpose : as] = more[name] === "granted";
    }
    if (Object.keys(said).length > 0) sink.consent(said);
  }
}

// Who it is, where the page says so.
function named(sink: Sink, given: Properties): void {
  const user = given.user_id ?? given.userId;
  const isOne = typeof user === "string" || typeof user === "number";
  if (isOne && String(user) !== sink.user) sink.identify(String(user));
}

function tell(sink: Sink, event: string, given: Properties, ownPages: boolean): void {
  const found = properties(given);
  for (const name of Object.keys(found)) if (OWN.test(name)) delete found[name];
  delete found.user_id;
  if (event === "page_view") {
    if (!ownPages) sink.page(found);
    return; // else it is told already
  }
  const more: Partial<Message> = {};
  const at = found.timestamp;
  const time = typeof at === "string" || typeof at === "number" ? new Date(at) : undefined;
  if (time && !Number.isNaN(+time)) {
    more.timestamp = time.toISOString();
    delete found.timestamp;
  }
  sink.track(event, found, more);
}
