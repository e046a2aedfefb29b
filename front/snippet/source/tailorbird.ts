// What a page loads: reads the options, begins to watch, and answers window.tailorbird.

import { described, said, watchClicks } from "./clicks";
import { watchGoogle } from "./google";
import { address } from "./messages";
import { asked, type Options, readOptions } from "./options";
import { watchPages } from "./pages";
import { on, safely, tellTrouble, trouble } from "./safely";
import { Tracker } from "./tracker";
import { Visit } from "./visit";

type Call = [name: string, ...given: unknown[]];
const METHODS = "track identify page group alias reset consent flush debug ready".split(" ");

interface Api {
  push(...calls: Call[]): void;
  isLoaded: boolean;
  [name: string]: unknown;
}

const isOn = (given: string): boolean => !/^(off|false|)$/.test(given);

function begin(): void {
  const place = window as unknown as { tailorbird?: Partial<Api> & Iterable<Call> };
  const before = place.tailorbird;
  if (before?.isLoaded) return; // the page has it twice
  const options = readOptions();
  const preview = options.preview || asked("tb_preview");
  const tracker = new Tracker(options, preview);
  tellTrouble((why) => tracker.note({ is: "trouble", why }));

  const api: Api = {
    isLoaded: true,
    push(...calls) {
      for (const [name, ...given] of calls)
        (api[name] as (...given: unknown[]) => void)?.(...given);
    },
    flush: () => tracker.flush(),
    waiting: () => tracker.waiting,
    anonymousId: () => tracker.anonymousId,
    debug: safely(() => void import("./chunks/overlay").then((one) => one.open(tracker), trouble)),
    ready: safely((run: () => void) => run()),
  };
  for (const name of METHODS) {
    api[name] ??= safely((...given: unknown[]) =>
      (tracker as unknown as Record<string, (...given: unknown[]) => void>)[name]?.(...given),
    );
  }
  place.tailorbird = api as never;
  if (!options.key) console.warn("tailorbird: no data-key, so nothing is sent");
  else safely(watch)(tracker, options, preview);
  if (Array.isArray(before)) safely(() => api.push(...(before as Call[])))();
  if (options.debug || asked("tb_debug")) (api.debug as () => void)();
}

function watch(tracker: Tracker, options: Options, preview: boolean): void {
  const pages = isOn(options.pages);
  const visit = new Visit(tracker, {
    scroll: isOn(options.scroll),
    dwellS: options.dwell,
    exit: isOn(options.exit),
  });
  tracker.begins.push(() => visit.begin());
  tracker.start();
  // A script may come before the page's title has.
  if (pages && (document.title || document.readyState !== "loading")) tracker.page();
  else if (pages) on(document, "DOMContentLoaded", () => tracker.page());
  watchPages(
    (restored) => {
      if (restored) tracker.back();
      if (pages) tracker.page(restored ? { restored } : {});
      else visit.begin();
    },
    () => visit.end(),
  );
  watchClicks(tracker, options.clicks, options.redact);
  if (isOn(options.google)) watchGoogle(tracker, options.consentPurpose, pages);
  watchOthers(tracker, options);
  on(window, "online", () => tracker.online());
  on(window, "pagehide", () => {
    visit.end();
    tracker.leave();
  });
  on(document, "visibilitychange", () => void tracker.flush()); // phones may end it without a word
  if (preview) console.info("tailorbird: preview");
}

// Parts that few pages need, or none at first, come when they are needed.
function watchOthers(tracker: Tracker, options: Options): void {
  const wanted = new Set<string>();
  const once = (name: string, open: () => Promise<void>): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    open().catch(trouble);
  };
  if (isOn(options.video)) {
    on(document, "play", (event: Event) =>
      once("video", async () => (await import("./chunks/video")).open(tracker, event)),
    );
  }
  const look = (): void => {
    const page = window as unknown as Record<string, unknown>;
    if (page.adobeDataLayer || page._satellite) {
      once("adobe", async () => (await import("./chunks/adobe")).open(tracker));
    }
    if (page.utag) once("tealium", async () => (await import("./chunks/tealium")).open(tracker));
    if (document.readyState === "loading") return;
    const wanted = {
      forms: isOn(options.forms),
      downloads: isOn(options.downloads),
      social: isOn(options.social),
    };
    if (wanted.forms || wanted.downloads || wanted.social) {
      once("actions", async () => {
        const clean = (url: string): string => address(url, options.redact);
        (await import("./chunks/actions")).open(tracker, wanted, { on, said, address: clean });
      });
    }
    if (options.hover) {
      const from = async () =>
        (await import("./chunks/hover")).open(tracker, on, options.hover, described);
      once("hover", from);
    }
  };
  look();
  on(document, "DOMContentLoaded", look);
  on(window, "load", look);
}

safely(begin)();
