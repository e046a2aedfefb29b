// What a page says to Adobe's tags: adobeDataLayer.push and _satellite.track.

import type { Properties, Sink } from "../types";

interface Page {
  adobeDataLayer?: unknown[];
  _satellite?: { track?: (name: string, detail?: unknown) => unknown };
}

// A page may never hear of what goes wrong here.
function guarded(run: () => void): void {
  try {
    run();
  } catch {
    // nothing to be done
  }
}

function take(sink: Sink, item: unknown): void {
  if (typeof item !== "object" || item === null) return; // functions wait for Adobe's own library
  const { event, eventInfo, ...rest } = item as Properties;
  if (typeof event !== "string" || event.startsWith("adobeDataLayer:")) return;
  sink.track(event, { ...rest, ...(eventInfo as Properties) });
}

function watchLayer(sink: Sink, layer: unknown[]): void {
  const before = layer.slice();
  const push = layer.push;
  layer.push = function (...given: unknown[]): number {
    const count = push.apply(this, given);
    for (const one of given) guarded(() => take(sink, one));
    return count;
  };
  for (const one of before) guarded(() => take(sink, one));
}

export function open(sink: Sink): void {
  const page = window as unknown as Page;
  if (Array.isArray(page.adobeDataLayer)) watchLayer(sink, page.adobeDataLayer);
  const tags = page._satellite;
  if (!tags?.track) return;
  const track = tags.track;
  tags.track = function (name: string, detail?: unknown): unknown {
    guarded(() => sink.track(name, (detail ?? {}) as Properties));
    return track.call(this, name, detail);
  };
}
