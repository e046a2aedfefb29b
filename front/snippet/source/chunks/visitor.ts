// The visitor's id in a cookie of the server, which scripts cannot see and browsers keep for longer.

import type { Options } from "../options";

const WAIT_MS = 2000; // then the page goes on with what it has

export interface Wish {
  anonymousId?: string;
  replace?: boolean;
  forget?: boolean;
}

export async function ask(options: Options, wish: Wish): Promise<string> {
  const ends = new AbortController();
  const timer = setTimeout(() => ends.abort(), WAIT_MS);
  try {
    const answer = await fetch(`${options.host}/v1/visitor`, {
      method: "POST",
      body: JSON.stringify({ ...wish, writeKey: options.key }),
      credentials: "include",
      keepalive: true,
      signal: ends.signal,
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()).anonymousId;
  } finally {
    clearTimeout(timer);
  }
}
