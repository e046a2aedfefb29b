// How values and instants are shown to people.
import type { Plain } from "../api/types";

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** An instant in the zone of whoever looks: the clock alone if it is of today. */
export function shownInstant(at: string, now = new Date()): string {
  const then = new Date(at);
  if (Number.isNaN(then.getTime())) return at;
  const clock = CLOCK.format(then);
  if (then.toDateString() === now.toDateString()) return clock;
  const day = then.getFullYear() === now.getFullYear() ? DAY : YEAR;
  return `${day.format(then)}, ${clock}`;
}

/** The same in UTC, to the last digit that is known. */
export function inUtc(at: string): string {
  return `${at.replace("T", " ").replace("Z", "")} UTC`;
}

/** A number with what is counted. */
export function amount(count: number, one: string): string {
  return `${count.toLocaleString()} ${one}${count === 1 ? "" : "s"}`;
}

const UNITS: [number, string][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

function counted(seconds: number): string {
  for (const [size, name] of UNITS) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return amount(count, name);
  }
  return "less than a second";
}

/** How far an instant lies ahead, in the largest unit. */
export function ahead(at: string, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  return seconds <= 0 ? "now" : `in ${counted(seconds)}`;
}

const MICROSECONDS = /^-?[0-9]{1,18}us$/;

/** A value as people write it; durations come as microseconds. */
export function shownValue(value: Plain): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return new Intl.NumberFormat().format(value);
  if (typeof value === "string") {
    return MICROSECONDS.test(value) ? counted(Number.parseInt(value, 10) / 1e6) : value;
  }
  return Array.isArray(value) ? value.map(shownValue).join(", ") || "–" : JSON.stringify(value);
}

// Marks that turn the direction of what follows: an identifier with one looks like another.
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** A name as it is, with its marks of direction written out. */
export function unturned(text: string): string {
  return text.replace(TURNS, (mark) => `[U+${mark.charCodeAt(0).toString(16).toUpperCase()}]`);
}

/** A text of JSON, indented; what is no JSON, or cut off, as it is. */
export function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const KILO = 1_024;

/** How large something is. */
export function shownBytes(bytes: number): string {
  return bytes < KILO ? `${bytes} bytes` : `${(bytes / KILO).toFixed(1)} KB`;
}
