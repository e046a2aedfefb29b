// How a page is looked at: how far it is scrolled, how long it is seen, where it is left for.

import { on } from "./safely";
import type { Sink } from "./types";

const STEPS = [25, 50, 75, 100];
const IDLE_MS = 300_000; // after so long without a hand on it nobody looks any more
const TICK_MS = 1000;

export class Visit {
  #seenMs = 0;
  #toldMs = 0;
  #depth = 0;
  #last = 0;
  #touched = 0;
  #leavesFor = "";
  #isOver = false;

  constructor(
    private sink: Sink,
    private wants: { scroll: boolean; dwellS: number; exit: boolean },
  ) {
    const touched = (): void => {
      this.#count();
      this.#touched = performance.now();
    };
    on(document, "pointerdown pointermove keydown", touched);
    on(document, "scroll", () => {
      touched();
      if (wants.scroll) this.#scrolled();
    });
    on(document, "visibilitychange", () => {
      this.#count(document.visibilityState === "hidden");
    });
    on(document, "click", (event: MouseEvent) => {
      const link = event.target instanceof Element && event.target.closest("a[href]");
      const { href } = (link || {}) as HTMLAnchorElement;
      this.#leavesFor = /^http/.test(href) ? href : ""; // no addresses of mail
    });
    setInterval(() => this.#count(), TICK_MS);
    this.begin();
  }

  begin(): void {
    this.#seenMs = this.#toldMs = this.#depth = 0;
    this.#last = this.#touched = performance.now();
    this.#leavesFor = "";
    this.#isOver = false;
  }

  get #seconds(): number {
    return Math.round(this.#seenMs / 100) / 10;
  }

  // Add the time since it was last counted, if somebody could look; then tell if it was enough.
  #count(wasVisible = document.visibilityState === "visible"): void {
    const now = performance.now();
    if (this.#isOver) return;
    if (wasVisible)
      this.#seenMs += Math.max(0, Math.min(now, this.#touched + IDLE_MS) - this.#last);
    this.#last = now;
    const everyMs = this.wants.dwellS * 1000;
    if (everyMs > 0 && this.#seenMs - this.#toldMs >= everyMs) this.#tell();
  }

  #tell(): void {
    const seconds = this.#seconds;
    const added = Math.round(seconds * 10 - this.#toldMs / 100) / 10;
    this.#toldMs = seconds * 1000;
    if (added > 0) this.sink.observe("Page Dwelled", { seconds, added }, true);
  }

  #scrolled(): void {
    const page = document.documentElement;
    const room = page.scrollHeight - innerHeight;
    const depth = room > 0 ? (100 * (scrollY + 1)) / room : 100;
    for (const percent of STEPS) {
      if (depth < percent || this.#depth >= percent) continue;
      this.#depth = percent;
      this.sink.observe("Page Scrolled", { percent });
    }
  }

  // The page is left, or another begins in its place.
  end(): void {
    if (this.#isOver) return;
    this.#count();
    if (this.wants.dwellS > 0) this.#tell();
    this.#isOver = true;
    if (!this.wants.exit) return;
    const to = this.#leavesFor.split(/[?#]/)[0];
    const seen = { seconds: this.#seconds, scrolled: this.#depth };
    this.sink.observe("Page Left", { ...seen, ...(to && { to }) }, true);
  }
}
