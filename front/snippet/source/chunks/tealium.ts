// What a page says to Tealium's tags: utag.link and utag.view.

import type { Properties, Sink } from "../types";

type Tell = (data?: Properties, ...more: unknown[]) => unknown;
const NAMES = ["tealium_event", "event_name", "link_name", "event"];

// Its own names of things that the page did not say.
const own =
  /^(tealium_(account|profile|environment|random|timestamp|session|visitor|library)|cp\.|dom\.|js_page\.|meta\.|qp\.|ut\.)/;

function said(data: Properties): Properties {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !own.test(name)));
}

function link(sink: Sink, data: Properties): void {
  const name = NAMES.map((one) => data[one]).find((one) => typeof one === "string" && one);
  if (name) sink.track(name as string, said(data));
}

function view(sink: Sink, data: Properties): void {
  const name = data.tealium_event ?? data.event_name;
  if (typeof name === "string" && name && !/page_?view|^view$/i.test(name)) link(sink, data);
  else if (data.page_name) sink.track("Page Described", said(data));
}

export function open(sink: Sink): void {
  const tags = (window as unknown as { utag?: { link?: Tell; view?: Tell } }).utag;
  if (!tags) return;
  for (const [name, take] of Object.entries({ link, view }) as ["link" | "view", typeof link][]) {
    const original = tags[name];
    if (!original) continue;
    tags[name] = function (data: Properties = {}, ...more: unknown[]): unknown {
      try {
        take(sink, data);
      } catch {
        // a page must never break because it is observed
      }
      return original.call(this, data, ...more);
    };
  }
}
