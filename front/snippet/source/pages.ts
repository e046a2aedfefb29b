// Page views, also of pages that only look like others because a script changed the address.

import { later, on, safely } from "./safely";

const SETTLE_MS = 50; // until a script that changed the address has changed the title too

export function watchPages(begin: (restored: boolean) => void, end: () => void): void {
  let seen = location.pathname + location.search;
  let timer = 0;
  const look = (): void => {
    const now = location.pathname + location.search;
    if (now === seen) return;
    seen = now;
    if (!timer) end();
    clearTimeout(timer);
    timer = later(() => {
      timer = 0;
      begin(false);
    }, SETTLE_MS);
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    const looked = safely(look);
    history[name] = function (...given) {
      original.apply(this, given);
      looked();
    };
  }
  on(window, "popstate", look);
  on(window, "pageshow", (event: PageTransitionEvent) => {
    if (event.persisted) begin(true);
  });
}
