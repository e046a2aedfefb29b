// Clicks: on what, and never what people type.

import { address } from "./messages";
import { on } from "./safely";
import type { Properties, Sink } from "./types";

const TEXT = 80;
const CLICKABLE =
  "a[href],button,summary,label,[role=button],[role=link],[role=tab],[role=menuitem],[type=submit],[type=button],[type=image]";
const IGNORED = "[data-tb-ignore]";

// What stands in data-tb-* attributes of an element: data-tb-product-id becomes product_id.
export function said(element: HTMLElement): Properties {
  const found: Properties = {};
  for (const [name, value] of Object.entries(element.dataset)) {
    if (!/^tb[A-Z]/.test(name) || name === "tbEvent") continue;
    found[
      name
        .slice(2)
        .replace(/(?!^)[A-Z]/g, "_$&")
        .toLowerCase()
    ] = value;
  }
  return found;
}

// What stands on an element, and never what somebody wrote into it.
function wordsOf(element: HTMLElement): string {
  if (element.isContentEditable) return "";
  if (!(element instanceof HTMLInputElement)) return element.innerText;
  return /^(submit|button)$/.test(element.type) ? element.value : "";
}

export function described(element: HTMLElement, redact: string): Properties {
  const words = element.getAttribute("aria-label") ?? wordsOf(element);
  const href = (element as HTMLAnchorElement).href;
  const link = typeof href === "string" && /^https?:/.test(href) ? address(href, redact) : "";
  return {
    tag: element.tagName.toLowerCase(),
    text: (words ?? "").trim().replace(/\s+/g, " ").slice(0, TEXT) || undefined,
    id: element.id || undefined,
    name: element.getAttribute("name") || undefined,
    href: link || undefined,
    outbound: link ? new URL(link).host !== location.host : undefined,
    ...said(element),
  };
}

export function watchClicks(sink: Sink, clicks: string, redact: string): void {
  const selector = clicks === "on" ? CLICKABLE : clicks;
  const look = (event: MouseEvent): void => {
    const target = event.composedPath()[0];
    if (!(target instanceof Element) || target.closest(IGNORED)) return;
    const named = target.closest<HTMLElement>("[data-tb-event]");
    if (named) sink.track(named.dataset.tbEvent ?? "", said(named));
    const element = !named && clicks !== "off" && target.closest<HTMLElement>(selector);
    if (element) sink.observe("Element Clicked", described(element, redact));
  };
  on(document, "click", look);
  on(document, "auxclick", (event: MouseEvent) => {
    if (event.button === 1) look(event);
  });
}
