// What waits to be sent: kept from page to page, tried again, and counted once by the server because
// a message keeps its id however often it is sent.

import { findZone, withZone } from "./messages";
import type { Options } from "./options";
import { attempt, later, trouble } from "./safely";
import { newId, type Store } from "./storage";
import type { Message, Note, Outcome } from "./types";

const MOST = 500;
const MOST_TEXT = 400_000;
const MESSAGE_TEXT = 30_000;
const BATCH = 50;
const BATCH_TEXT = 45_000; // a request that outlives its page has at most 64 KB
const BATCH_BYTES = 60_000;
const SOON_MS = 400;
const ENOUGH = 20;
const ANSWER_MS = 20_000;
const LONGEST_S = 300;
const LONGEST_ASKED_S = 3600;
const ABANDONED_MS = 15_000; // a page that lives writes its queue more often than that, or is idle
const NAME = "queue_";
const BACKOFF = "backoff";

const read = (text: string | null): Record<string, unknown> =>
  attempt(() => JSON.parse(text as string)) ?? {};
const isConsent = (one: Message): boolean => one.event === "$consent";

export class Queue {
  #items: Message[] = [];
  #sizes = new WeakMap<Message, number>();
  #name = NAME + newId().slice(0, 8);
  #isSending = false;
  #timer = 0;
  #saving = 0;
  #wasStored = false;
  #backoff = { until: 0, attempts: 0 };

  constructor(
    private options: Options,
    private store: Store,
    private note: (note: Note) => void,
  ) {}

  get length(): number {
    return this.#items.length;
  }

  // Things may be stored now: take over what pages before this one did not get sent.
  open(): void {
    Object.assign(this.#backoff, read(this.store.get(BACKOFF)));
    this.#backoff.until = Math.min(this.#backoff.until, Date.now() + LONGEST_ASKED_S * 1000);
    this.#adopt();
    later(() => this.#adopt(), ABANDONED_MS + 1000);
  }

  #adopt(): void {
    const known = new Set(this.#items.map((one) => one.messageId));
    for (const name of this.store.names(NAME)) {
      if (name === this.#name) continue;
      const { at, items } = read(this.store.get(name));
      if (Date.now() - Number(at) < ABANDONED_MS) continue;
      if (Array.isArray(items))
        this.#items.unshift(...items.filter((one) => !known.has(one?.messageId)));
      this.store.remove(name);
    }
    if (this.#items.length > 0) this.#changed();
  }

  #sizeOf(one: Message): number {
    const size = this.#sizes.get(one) ?? JSON.stringify(one).length;
    this.#sizes.set(one, size);
    return size;
  }

  add(message: Message): void {
    if (this.#sizeOf(message) > MESSAGE_TEXT) {
      this.note({ is: "dropped", message, why: "it is too large" });
      return;
    }
    this.#items.push(message);
    this.note({ is: "queued", message });
    this.#changed();
  }

  #changed(): void {
    this.#bound();
    if (!this.#saving) this.#saving = later(() => this.#save(Date.now()), 0);
    this.#soon(this.#items.length >= ENOUGH ? 0 : SOON_MS);
  }

  #bound(): void {
    const text = (): number => this.#items.reduce((sum, one) => sum + this.#sizeOf(one), 0);
    while (this.#items.length > MOST || text() > MOST_TEXT) {
      const oldest = this.#items.findIndex((one) => !isConsent(one));
      const [message] = this.#items.splice(Math.max(oldest, 0), 1);
      if (message) this.note({ is: "dropped", message, why: "too many wait" });
    }
  }

  #save(at: number): void {
    this.#saving = 0;
    if (this.#items.length > 0) {
      this.store.set(this.#name, JSON.stringify({ at, items: this.#items }));
    } else this.store.remove(this.#name);
  }

  #soon(ms: number): void {
    if (this.#timer) {
      if (ms > 0) return;
      clearTimeout(this.#timer);
    }
    const wait = Math.max(ms, this.#backoff.until - Date.now());
    this.#timer = later(() => {
      this.#timer = 0;
      void this.flush();
    }, wait);
  }

  // Send what waits, as far as the server takes it now.
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    await findZone();
    try {
      while (this.#items.length > 0 && navigator.onLine !== false) {
        if (Date.now() < this.#backoff.until) break;
        if (!(await this.#sendOne())) break;
      }
    } catch (error) {
      trouble(error);
    }
    this.#isSending = false;
    if (this.#items.length > 0 && navigator.onLine !== false) this.#soon(SOON_MS);
  }

  // The next messages that go together. What is said of consent goes alone, and first of all: the
  // server may take nothing else before it has heard that.
  #next(from = 0): Message[] {
    const found: Message[] = [];
    let text = 0;
    for (const one of this.#items.slice(from, from + BATCH)) {
      text += this.#sizeOf(one);
      if (found.length > 0 && text > BATCH_TEXT) break;
      if (found[0] && isConsent(found[0]) !== isConsent(one)) break;
      found.push(withZone(one));
    }
    return found;
  }

  #body(batch: Message[]): string {
    const sentAt = new Date().toISOString();
    return JSON.stringify({ batch, sentAt, writeKey: this.options.key });
  }

  get #url(): string {
    return `${this.options.host}/v1/b`;
  }

  // Whether the next messages are done with. As plain text no browser asks the server beforehand.
  async #sendOne(): Promise<boolean> {
    const batch = this.#next();
    const body = this.#body(batch);
    const keepalive = new Blob([body]).size < BATCH_BYTES;
    const ends = new AbortController();
    const timer = setTimeout(() => ends.abort(), ANSWER_MS);
    let status = 0;
    let text = "";
    let again: string | null = null;
    try {
      const answer = await fetch(this.#url, {
        method: "POST",
        body,
        keepalive,
        credentials: "omit",
        signal: ends.signal,
      });
      status = answer.status;
      again = answer.headers.get("retry-after");
      text = await answer.text();
    } catch {
      if (status !== 200) status = 0; // an answer of which only the words are lost is one
    } finally {
      clearTimeout(timer);
    }
    if (status === 0 || status === 408 || status === 429 || status >= 500) {
      this.#later(again);
      return false;
    }
    this.#done(batch, status, text);
    return true;
  }

  #later(again: string | null): void {
    const attempts = this.#backoff.attempts + 1;
    const own = Math.min(LONGEST_S, 2 ** attempts) * (0.5 + Math.random() / 2);
    const asked =
      again === null ? 0 : Number(again) || (Date.parse(again) - Date.now()) / 1000 || 0;
    const wait = Math.max(own, Math.min(asked, LONGEST_ASKED_S));
    this.#backoff = { until: Date.now() + wait * 1000, attempts };
    this.store.set(BACKOFF, JSON.stringify(this.#backoff));
    this.#save(Date.now());
    trouble(`not taken now; again in ${Math.ceil(wait)} s`);
  }

  #done(batch: Message[], status: number, text: string): void {
    const gone = new Set(batch);
    this.#items = this.#items.filter((one) => !gone.has(one));
    if (this.#backoff.attempts > 0) {
      this.#backoff = { until: 0, attempts: 0 };
      this.store.remove(BACKOFF);
    }
    this.#save(Date.now());
    const said: { results?: Outcome[]; error?: string } = read(text); // or its words were lost
    batch.forEach((message, place) => {
      const outcome = said.results?.[place];
      if (status === 200 || outcome)
        this.note({ is: "sent", message, ...(outcome && { outcome }) });
      else this.note({ is: "dropped", message, why: said.error ?? `status ${status}` });
    });
    if (said.error) console.warn(`tailorbird: ${said.error}`);
  }

  // The network is there again.
  online(): void {
    this.#backoff.until = 0;
    this.#soon(0);
  }

  // The page may never come back: send what waits without an answer, and leave it to the next page,
  // which sends it again.
  leave(): void {
    clearTimeout(this.#saving);
    this.#save(0);
    this.#wasStored = this.store.names(NAME).includes(this.#name);
    if (this.#wasStored && Date.now() < this.#backoff.until) return;
    for (let from = 0, batch = this.#next(); batch.length > 0; batch = this.#next(from)) {
      const body = this.#body(batch);
      if (new Blob([body]).size > BATCH_BYTES || !navigator.sendBeacon(this.#url, body)) break;
      from += batch.length;
      if (!this.#wasStored) for (const message of batch) this.note({ is: "sent", message });
    }
  }

  // The page came back as it was: another one may have sent what it had. Firefox never says what
  // became of a request that was under way; what is sent again by that counts once.
  back(): void {
    this.#isSending = false;
    if (this.#wasStored && !this.store.names(NAME).includes(this.#name)) this.#items = [];
    this.#wasStored = false;
    if (this.#items.length > 0) this.#changed();
  }

  clear(): void {
    this.#items = [];
    this.#save(0);
    this.store.remove(BACKOFF);
  }
}
