// The messages that are shown: the newest at first, then each as it arrives.
import { useCallback, useEffect, useRef, useState } from "react";
import { ask, checkSession, Fault } from "../api/client";
import { type Filters, messagesPath, streamPath } from "../api/paths";
import type { Message, MessagePage } from "../api/types";

export const PAGE = 100;
/** More are not held by this page; older ones can be asked for again. */
const MOST = 1_000;
const GATHER_MS = 150;

const LOST = "New messages do not come any more.";

export type Stage = "connecting" | "live" | "paused" | "broken";

export interface Shown {
  messages: Message[];
  /** How many arrived while it was paused. */
  waiting: number;
  missed: number;
  /** Messages from this number on arrived while somebody watched. */
  freshFrom: number;
  stage: Stage;
  hasOlder: boolean;
  isLoaded: boolean;
  fault: unknown;
}

const NOTHING: Shown = {
  messages: [],
  waiting: 0,
  missed: 0,
  freshFrom: Number.POSITIVE_INFINITY,
  stage: "connecting",
  hasOlder: false,
  isLoaded: false,
  fault: null,
};

const placeOf = (id: string) => Number(id.split("-")[1]);
const runOf = (id: string) => id.split("-", 1)[0] ?? "";

/** Follows the messages that pass some filters. */
export class Follower {
  private source: EventSource | undefined;
  private held: Message[] = [];
  private waiting: Message[] = [];
  private run = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isPaused = false;
  private shown = NOTHING;
  private readonly ending = new AbortController();

  constructor(
    private readonly filters: Filters,
    private readonly tell: (shown: Shown) => void,
  ) {}

  async begin(): Promise<void> {
    try {
      const page = await ask<MessagePage>(messagesPath(this.filters, PAGE), this.ending.signal);
      this.held = page.messages;
      this.say({
        isLoaded: true,
        fault: null,
        hasOlder: page.next !== null,
        freshFrom: placeOf(page.last_event_id),
      });
      this.follow(page.last_event_id);
    } catch (fault) {
      if (!this.ending.signal.aborted) this.say({ fault, stage: "broken" });
    }
  }

  private follow(lastEventId: string): void {
    this.run = runOf(lastEventId);
    const source = new EventSource(streamPath(this.filters, lastEventId));
    this.source = source;
    source.onopen = () => this.say({ stage: this.isPaused ? "paused" : "live" });
    source.onmessage = (event) => this.take(JSON.parse(event.data), event.lastEventId);
    source.addEventListener("missed", (event) => {
      this.say({ missed: this.shown.missed + JSON.parse(event.data).missed });
    });
    source.onerror = () => this.lost(source);
  }

  private take(message: Message, id: string): void {
    if (runOf(id) !== this.run) {
      this.run = runOf(id); // the server was started again: its numbers begin anew
      this.held = [];
      this.waiting = [];
      this.shown = { ...this.shown, freshFrom: 0, hasOlder: false };
    }
    this.waiting.push(message);
    this.timer ??= setTimeout(() => this.gather(), GATHER_MS);
  }

  private gather(): void {
    this.timer = undefined;
    if (!this.isPaused) {
      this.held = [...this.waiting.reverse(), ...this.held].slice(0, MOST);
      this.waiting = [];
    } else if (this.waiting.length > MOST) {
      this.waiting = this.waiting.slice(-MOST);
    }
    this.say({ waiting: this.waiting.length });
  }

  /** The browser connects again by itself, unless it was refused. */
  private lost(source: EventSource): void {
    this.say({ stage: "connecting" });
    if (source.readyState !== EventSource.CLOSED) return;
    const broken = () => this.say({ stage: "broken", fault: new Fault(0, LOST) });
    checkSession().then((isSignedIn) => isSignedIn && broken(), broken);
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (this.shown.stage === "live" || this.shown.stage === "paused") {
      this.shown = { ...this.shown, stage: isPaused ? "paused" : "live" };
    }
    this.gather();
  }

  async older(): Promise<void> {
    const last = this.held.at(-1);
    if (!last) return;
    const page = await ask<MessagePage>(messagesPath(this.filters, PAGE, last.number));
    this.held = [...this.held, ...page.messages];
    this.say({ hasOlder: page.next !== null });
  }

  private say(change: Partial<Shown>): void {
    if (this.ending.signal.aborted) return;
    this.shown = { ...this.shown, ...change, messages: this.held };
    this.tell(this.shown);
  }

  end(): void {
    this.ending.abort();
    this.source?.close();
    clearTimeout(this.timer);
  }
}

/** The messages that pass some filters, as they arrive. */
export function useMessages(filters: Filters, isPaused: boolean) {
  const [shown, setShown] = useState(NOTHING);
  const [round, setRound] = useState(0);
  const follower = useRef<Follower>(undefined);
  const { status, name, person, key } = filters;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round begins again on purpose
  useEffect(() => {
    setShown(NOTHING);
    const made = new Follower({ status, name, person, key }, setShown);
    follower.current = made;
    made.begin();
    return () => made.end();
  }, [status, name, person, key, round]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new follower has to be told too
  useEffect(() => {
    follower.current?.pause(isPaused);
  }, [isPaused, status, name, person, key, round]);
  const older = useCallback(async () => follower.current?.older(), []);
  const again = useCallback(() => setRound((count) => count + 1), []);
  return { ...shown, older, again };
}
