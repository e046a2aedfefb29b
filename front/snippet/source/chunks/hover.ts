// What people point at for a while, where the page asks for that by a selector.

import type { Properties, Sink } from "../types";

const LONG_MS = 1000; // shorter ones only pass by

type Listen = (target: EventTarget, names: string, run: (event: never) => void) => void;

export function open(
  sink: Sink,
  listen: Listen,
  selector: string,
  described: (element: HTMLElement, redact: string) => Properties,
): void {
  let over: HTMLElement | null = null;
  let since = 0;
  listen(document, "mouseover", (event: MouseEvent) => {
    const now =
      event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
    if (now === over) return;
    const ms = performance.now() - since;
    if (over && ms >= LONG_MS) {
      const seconds = Math.round(ms / 100) / 10;
      sink.observe("Element Hovered", { ...described(over, ""), seconds }, true);
    }
    over = now;
    since = performance.now();
  });
}
