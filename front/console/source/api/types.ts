// What the server's API says; the reference is docs/reference/http-api.md, or /docs of a server.

export type Status = "accepted" | "duplicate" | "rejected" | "quarantined" | "preview" | "sampled";

export interface Message {
  number: number;
  at: string;
  status: Status;
  call: string;
  key: string;
  source: string;
  name: string | null;
  person: string | null;
  time: string | null;
  id: string | null;
  sort: string | null;
  reason: string | null;
  warning: string | null;
  bytes: number;
  raw: string;
}

export interface TurnedAway {
  path: string;
  status: number;
  error: string;
  count: number;
  last: string;
}

export interface MessagePage {
  messages: Message[];
  next: number | null;
  last_event_id: string;
  held: number;
  turned_away: TurnedAway[];
}

export interface SampledHour {
  begin: string;
  arrived: number;
  messages: Message[];
}

export interface UntakenMessage {
  number: number;
  at: string;
  call: string;
  key: string;
  source: string;
  sort: string;
  reason: string;
  person: string | null;
  message_id?: string;
  bytes: number;
  raw: string;
  erased: boolean;
}

export interface UntakenPage {
  messages?: UntakenMessage[];
  rejects?: UntakenMessage[];
  held?: number;
  next: number | null;
}

export interface Replayed {
  accepted: number;
  duplicates: number;
  still: number;
  forbidden: number;
  last: number | null;
}

export interface Session {
  signed_in: boolean;
  until: string | null;
}

export interface Consent {
  may: boolean;
  reason: string;
  said: string | null;
  until: string | null;
}

export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };
export type Values = Record<string, Plain>;

export interface Profile {
  person: string;
  ids: string[];
  exists: boolean;
  traits: Values;
  scores: Values;
  segments: string[];
  persona: string | null;
  at: string;
  as_of: number;
  pending: boolean;
  consent: Record<string, Consent>;
}

export interface Definition {
  kind: "trait" | "score" | "segment" | "persona";
  name: string;
  gives: string;
  words: string;
  description: string | null;
}

export interface Fact {
  time: string;
  name: string;
  id: string;
  properties: Values;
  context: Values;
  source: string;
}

export interface TimelinePage {
  facts: Fact[];
  next: string | null;
}

export interface Evidence {
  id: string;
  at: string;
  name: string;
  subject: string;
  properties: Values;
}

export interface Reason {
  words: string;
  value: Plain;
  changes_at: string | null;
  moves_with_time: boolean;
  facts: Evidence[];
  latest_that_does_not_count: Evidence | null;
  notes: string[];
  parts: Reason[];
}

export interface Explanation {
  value: Plain;
  changes_at: string | null;
  at: string;
  reason: Reason;
}
