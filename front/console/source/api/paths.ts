// The addresses that are asked, in one place: pages also show them to be copied.

export interface Filters {
  status: string;
  name: string;
  person: string;
  key: string;
}

/** What is kept of messages that were not taken: by its path. */
export type Untaken = "quarantine" | "rejects";

export const NO_FILTERS: Filters = { status: "", name: "", person: "", key: "" };

function query(given: Record<string, string | number>): string {
  const said = Object.entries(given).filter(([, value]) => value !== "");
  const text = new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString();
  return text && `?${text}`;
}

/** The newest messages, or those before a number. */
export function messagesPath(filters: Filters, limit: number, before?: number): string {
  return `/v1/debugger${query({ ...filters, limit, before: before ?? "" })}`;
}

/** The messages behind an id, as they arrive. */
export function streamPath(filters: Filters, lastEventId: string): string {
  return `/v1/debugger/stream${query({ ...filters, last_event_id: lastEventId })}`;
}

export const samplesPath = "/v1/debugger/samples";
export const replayPath = "/v1/quarantine/replay";
export const dropPath = "/v1/quarantine/drop";

/** The newest messages of a list of those that were not taken, or those before a number. */
export function untakenPath(list: Untaken, sort: string, limit: number, before?: number): string {
  return `/v1/${list}${query({ sort, limit, before: before ?? "" })}`;
}

const FIELDS = "ids,exists,traits,scores,segments,persona,at,as_of,pending,consent";
const person = (id: string) => `/v1/profiles/${encodeURIComponent(id)}`;

export const profilePath = (id: string) => `${person(id)}?fields=${FIELDS}`;
export const sentPath = (id: string) => `${person(id)}?fields=sent`;
export const definitionsPath = "/v1/definitions";

export function timelinePath(id: string, limit: number, before?: string): string {
  return `${person(id)}/timeline${query({ limit, before: before ?? "" })}`;
}

export function explainPath(id: string, name: string, kind: string): string {
  return `${person(id)}/explain/${encodeURIComponent(name)}${query({ kind })}`;
}

/** A command that asks the same from anywhere, with a key. */
export function curlOf(path: string): string {
  return `curl -H "Authorization: Bearer $TAILORBIRD_KEY" '${location.origin}${path}'`;
}
