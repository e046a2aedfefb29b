// Asks the server that gave this page; who is signed in has a cookie, which no script can read.
import type { Session } from "./types";

/** An answer that is none: its text says what was given and what to do. */
export class Fault extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

let signedOut = () => {};

/** Have somebody called when an answer says that this browser is not signed in any more. */
export function whenSignedOut(call: () => void): void {
  signedOut = call;
}

/** Ask whether this browser is signed in still; tells whoever has to know when it is not. */
export async function checkSession(): Promise<boolean> {
  const { signed_in } = await readSession();
  if (!signed_in) signedOut();
  return signed_in;
}

const AWAY = "The server does not answer. Is it still running?";

/** What a path says, as JSON; throws `Fault`. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answered<T>(await sent(path, signal ? { signal } : {}));
}

/** Have something done, and give what is said of it; throws `Fault`. */
export async function tell<T>(path: string, body: object): Promise<T> {
  return answered<T>(await sent(path, { method: "POST", body: JSON.stringify(body) }));
}

async function sent(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Fault(0, AWAY);
  }
}

async function answered<T>(response: Response): Promise<T> {
  const said = await response.json().catch(() => ({ error: response.statusText }));
  if (response.ok) return said as T;
  if (response.status === 401) signedOut();
  throw new Fault(response.status, said.error ?? `the server answered ${response.status}`);
}

const SESSION = "/console/session";

/** Whether this browser is signed in. */
export const readSession = () => ask<Session>(SESSION);

/** Sign in by what a one-time link says; throws `Fault` when it is not good any more. */
export async function signIn(token: string): Promise<Session> {
  return tell<Session>(SESSION, { token });
}

/** End the session of this browser. */
export async function signOut(): Promise<Session> {
  return answered(await sent(SESSION, { method: "DELETE" }));
}
