// Holds everything together: what happens is held until it may be kept, then stamped and queued.

import { Budget, share } from "./budget";
import { Identity } from "./identity";
import { clean, contextNow, message, type Place, placeNow, properties } from "./messages";
import type { Options } from "./options";
import { Queue } from "./queue";
import { attempt, trouble } from "./safely";
import { Store } from "./storage";
import type { Message, Note, Properties, Sink, Watched } from "./types";

const MOST_HELD = 200;
const MOST_NOTES = 200;
const CONSENT = "consent";
const ALWAYS = new Set(["identify", "alias", "group"]);

type Said = Record<string, boolean>;

export class Tracker implements Sink, Watched {
  notes: Note[] = [];
  // What is told when a page begins, also one that only looks like another.
  begins: (() => void)[] = [];
  #watching: ((note: Note) => void)[] = [];
  #state: "asked" | "opening" | "open" | "denied" = "asked";
  #held: Message[] = [];
  #said: Said = {};
  #untold = new Set<string>();
  #user = "";
  #place: Place;
  #referrer = document.referrer;
  #store: Store;
  #identity: Identity;
  #queue: Queue;
  #budget: Budget;

  constructor(
    private options: Options,
    private preview: boolean,
  ) {
    this.#place = placeNow(options, this.#referrer);
    this.#store = new Store(options.cookieDomain);
    this.#identity = new Identity(this.#store, options);
    this.#queue = new Queue(options, this.#store, (note) => this.note(note));
    this.#budget = new Budget(options.budget, options.sessionBudget);
  }

  // Look whether consent is there; nothing is stored until then.
  start(): void {
    this.#said = attempt(() => JSON.parse(this.#store.peek(CONSENT) as string)) ?? {};
    const said = this.#said[this.options.consentPurpose];
    if (said === false) this.#state = "denied";
    else if (said || this.options.consent === "given") this.#open().catch(trouble);
  }

  note(note: Note): void {
    this.notes.push(note);
    if (this.notes.length > MOST_NOTES) this.notes.shift();
    for (const told of this.#watching) told(note);
  }

  watch(told: (note: Note) => void): void {
    this.#watching.push(told);
  }

  state(): Record<string, unknown> {
    return {
      collects: this.#state,
      consent: { ...this.#said },
      anonymousId: this.#identity.anonymousId,
      userId: this.user,
      waiting: this.waiting,
      preview: this.preview,
      server: this.options.host,
    };
  }

  get user(): string {
    return this.#identity.userId || this.#user;
  }

  get waiting(): number {
    return this.#queue.length + this.#held.length;
  }

  get anonymousId(): string {
    return this.#identity.anonymousId;
  }

  // Consent is there: from now on things are stored and sent.
  async #open(): Promise<void> {
    this.#state = "opening";
    this.#store.open();
    this.#remember();
    await this.#identity.open(this.#user);
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#queue.open();
    this.#tellConsent();
    const held = this.#held;
    this.#held = [];
    for (const one of held) this.#enqueue(one);
  }

  #remember(): void {
    if (Object.keys(this.#said).length > 0) this.#store.set(CONSENT, JSON.stringify(this.#said));
  }

  // Tell the server what was said that it has not heard.
  #tellConsent(): void {
    for (const purpose of this.#untold) {
      this.#enqueue(
        message("track", contextNow(this.#place, this.options, this.preview), {
          event: "$consent",
          properties: { purpose, granted: this.#said[purpose] === true },
        }),
      );
    }
    this.#untold.clear();
  }

  consent(given: boolean | Said): void {
    if (typeof given !== "boolean" && !given) return; // nothing was said
    const said = typeof given === "object" ? given : { [this.options.consentPurpose]: given };
    const changed = Object.keys(said).filter((purpose) => this.#said[purpose] !== !!said[purpose]);
    for (const purpose of changed) {
      this.#said[purpose] = !!said[purpose];
      this.#untold.add(purpose);
    }
    const may = this.#said[this.options.consentPurpose];
    const isOpen = this.#state === "open" || this.#state === "opening";
    if (may === false) this.#close(isOpen);
    else if (isOpen) {
      this.#remember();
      if (this.#state === "open") this.#tellConsent();
    } else if (may) this.#open().catch(trouble);
  }

  // Consent is withdrawn: the server is told once, and everything that was kept is let go of. That
  // it was withdrawn is remembered, so that the next page does not begin again.
  #close(wasOpen: boolean): void {
    this.#held = [];
    this.#state = "denied";
    if (!wasOpen && this.options.consent === "asked") return;
    this.#queue.clear();
    this.#store.forget(CONSENT, JSON.stringify(this.#said));
    this.#budget.forget();
    if (this.#identity.anonymousId) this.#tellConsent();
    void this.#queue.flush();
    this.#identity.forget();
  }

  #spend(one: Message): boolean {
    if (ALWAYS.has(one.type) || this.#budget.spend(this.#store.isOpen)) return true;
    this.note({ is: "dropped", message: one, why: "the budget of events is spent" });
    return false;
  }

  #say(type: Message["type"], more: Partial<Message>, context: Properties = {}): void {
    if (this.#state === "denied") return;
    const around = { ...contextNow(this.#place, this.options, this.preview), ...context };
    const userId = this.user;
    const one = message(type, around, { ...(userId && { userId }), ...more });
    if (!this.#spend(one)) return;
    if (this.#state === "open") this.#enqueue(one);
    else {
      this.#held.push(one);
      this.note({ is: "held", message: one });
      if (this.#held.length > MOST_HELD) this.#held.shift();
    }
  }

  #enqueue(one: Message): void {
    one.anonymousId ||= this.#identity.anonymousId;
    if (!one.userId && this.#identity.userId) one.userId = this.#identity.userId;
    const isIn = share(this.#identity.anonymousId) < this.options.sample;
    if (isIn || one.event === "$consent") this.#queue.add(one);
    else this.note({ is: "dropped", message: one, why: "the visitor is not in the sample" });
  }

  track(event: unknown, given?: unknown, more: Partial<Message> = {}): void {
    if (typeof event !== "string" || !event) return;
    this.#say("track", { event, properties: properties(given), ...more });
  }

  observe(event: string, given: Properties, passive = false): void {
    this.#say("track", { event, properties: properties(given) }, passive ? { active: false } : {});
  }

  // page(), page(name), page(properties), page(name, properties), page(category, name, properties)
  page(...given: unknown[]): void {
    const texts = given.filter((one) => typeof one === "string") as string[];
    const before = this.#place.page.url as string;
    this.#place = placeNow(this.options, this.#referrer);
    const { page } = this.#place;
    if (before !== page.url) page.referrer = this.#referrer = before;
    this.#budget.newPage();
    for (const begin of this.begins) begin();
    const more = properties(given.find((one) => typeof one === "object" && one));
    this.#say("page", {
      properties: { ...page, ...more },
      ...(texts.length > 0 && { name: texts[texts.length - 1] }),
      ...(texts.length > 1 && { category: texts[0] }),
    });
  }

  identify(userId: unknown, given?: unknown): void {
    const id = typeof userId === "object" ? "" : clean(userId);
    const traits = properties(typeof userId === "object" ? userId : given);
    const user = id === undefined || id === null ? "" : String(id).trim();
    if (user && user !== this.user) {
      this.#user = user;
      if (this.#state === "open") {
        this.#identity.name(user);
        this.#untold = new Set(Object.keys(this.#said));
        this.#tellConsent();
      }
    }
    this.#say("identify", { traits });
  }

  group(groupId: unknown, given?: unknown): void {
    this.#say("group", { groupId: clean(groupId), traits: properties(given) });
  }

  alias(userId: unknown, previousId?: unknown): void {
    this.#say("alias", {
      userId: String(userId),
      previousId: String(previousId ?? this.#identity.anonymousId),
    });
  }

  reset(): void {
    this.#user = "";
    this.#held = [];
    if (this.#state === "open") this.#identity.reset();
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  online(): void {
    this.#queue.online();
  }

  leave(): void {
    if (this.#store.isOpen) this.#budget.keep();
    this.#queue.leave();
  }

  back(): void {
    this.#queue.back();
  }
}
