// Films and sound: begun, paused, gone on with, how far, and to the end.

import type { Sink } from "../types";

const STEPS = [25, 50, 75];
const seen = new WeakMap<HTMLMediaElement, { told: number; hasBegun: boolean; isOver: boolean }>();

const whole = (seconds: number): number | undefined =>
  Number.isFinite(seconds) ? Math.round(seconds) : undefined;

function told(
  sink: Sink,
  media: HTMLMediaElement,
  event: string,
  more = {},
  passive = false,
): void {
  const url = /^https?:/.test(media.currentSrc) ? media.currentSrc : "";
  const about = {
    title: media.title || media.getAttribute("aria-label") || undefined,
    id: media.id || undefined,
    url: url ? url.split(/[?#]/)[0] : undefined,
    kind: media.tagName.toLowerCase(),
    position: whole(media.currentTime),
    total_length: whole(media.duration),
    sound: media.muted ? 0 : Math.round(media.volume * 100),
    ...more,
  };
  sink.observe(event, about, passive);
}

function heard(sink: Sink, event: Event): void {
  const media = event.target;
  if (!(media instanceof HTMLMediaElement) || media.closest("[data-tb-ignore]")) return;
  const state = seen.get(media) ?? { told: 0, hasBegun: false, isOver: false };
  seen.set(media, state);
  if (event.type === "play") {
    if (state.isOver) Object.assign(state, { told: 0, hasBegun: false, isOver: false });
    told(sink, media, state.hasBegun ? "Video Playback Resumed" : "Video Playback Started");
    state.hasBegun = true;
  } else if (event.type === "pause" && !media.ended && state.hasBegun) {
    told(sink, media, "Video Playback Paused");
  } else if (event.type === "ended") {
    state.isOver = true;
    told(sink, media, "Video Playback Completed", { percent: 100 });
  } else if (event.type === "timeupdate" && media.duration > 0) {
    const percent = (100 * media.currentTime) / media.duration;
    for (const step of STEPS) {
      if (percent < step || state.told >= step) continue;
      state.told = step;
      told(sink, media, "Video Content Playing", { percent: step }, true);
    }
  }
}

export function open(sink: Sink, first?: Event): void {
  const take = (event: Event): void => {
    try {
      heard(sink, event);
    } catch {
      // a page must never break because it is observed
    }
  };
  if (first) take(first);
  for (const name of ["play", "pause", "ended", "timeupdate"]) {
    document.addEventListener(name, take, { capture: true, passive: true });
  }
}
