// What is said of every message: the page, the browser, the campaign.

import type { Options } from "./options";
import { attempt } from "./safely";
import { newId } from "./storage";
import type { Message, Properties } from "./types";

export const VERSION = "1";
const DEPTH = 6;
const TEXT = 2000;
const MEMBERS = 200;
const CAMPAIGN = /^utm_(source|medium|campaign|term|content|id)$/;
const OWN = /^tb_(preview|debug)$/;

// An address without what must not be stored: values of parameters whose names are secret.
export function address(url: string, redact: string): string {
  const found = attempt(() => new URL(url, location.href));
  if (!found) return "";
  const secret = new Set(redact.toLowerCase().split(/[\s,]+/));
  for (const name of [...found.searchParams.keys()]) {
    if (OWN.test(name)) found.searchParams.delete(name);
    else if (secret.has(name.toLowerCase())) found.searchParams.set(name, "redacted");
  }
  found.username = found.password = "";
  return found.href;
}

// What a page is, as long as its address stays.
export interface Place {
  page: Properties;
  campaign?: Properties;
}

export function placeNow(options: Options, referrer: string): Place {
  const url = new URL(address(location.href, options.redact));
  const campaign: Properties = {};
  for (const [name, value] of url.searchParams) {
    const found = CAMPAIGN.exec(name)?.[1];
    if (found) campaign[found === "campaign" ? "name" : found] = value.slice(0, TEXT);
  }
  const page = {
    url: url.href,
    path: url.pathname,
    search: url.search,
    title: document.title.slice(0, TEXT),
    referrer: referrer && address(referrer, options.redact),
  };
  return { page, ...(Object.keys(campaign).length > 0 && { campaign }) };
}

let timezone: string | undefined;

// Browsers take tens of milliseconds to find out where they are, so that waits until nothing else
// is to be done.
export function findZone(): Promise<void> | undefined {
  if (timezone !== undefined) return;
  return new Promise((then) => {
    const find = (): void => {
      timezone ??= attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone) ?? "";
      then();
    };
    const wait = window.requestIdleCallback ?? setTimeout; // of which Safari has only the latter
    wait(find, { timeout: 1000 } as never);
  });
}

// What a message says of where it was, once that is known.
export function withZone(one: Message): Message {
  if (timezone) one.context.timezone ??= timezone;
  return one;
}

export function contextNow(place: Place, options: Options, preview: boolean): Properties {
  return {
    library: { name: "tailorbird.js", version: VERSION },
    ...place,
    userAgent: navigator.userAgent,
    locale: navigator.language,
    screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
    viewport: { width: innerWidth, height: innerHeight },
    ...(options.sample < 1 && { sample: options.sample }),
    ...(preview && { preview }),
  };
}

// Only what JSON can say, and not too much of it: pages push elements, functions and circles.
export function clean(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.slice(0, TEXT);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value instanceof Date) return Number.isNaN(+value) ? undefined : value.toISOString();
  if (typeof value !== "object" || depth >= DEPTH || value instanceof Node) return undefined;
  if (value === window) return undefined;
  if (Array.isArray(value))
    return value.slice(0, MEMBERS).map((one) => clean(one, depth + 1) ?? null);
  const found: Properties = {};
  for (const name of Object.keys(value).slice(0, MEMBERS)) {
    const kept = clean((value as Properties)[name], depth + 1);
    if (kept !== undefined) found[name] = kept;
  }
  return found;
}

export const properties = (given: unknown): Properties =>
  given && typeof given === "object" && !Array.isArray(given) ? (clean(given) as Properties) : {};

export function message(
  type: Message["type"],
  context: Properties,
  more: Partial<Message>,
): Message {
  return { type, messageId: newId(), timestamp: new Date().toISOString(), context, ...more };
}
