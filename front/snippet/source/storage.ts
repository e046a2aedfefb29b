// Where a browser keeps things, if it lets us: nothing is written before `open`.

import { attempt } from "./safely";

const PREFIX = "tb_";
const COOKIE_SECONDS = 34128000; // browsers keep none longer than 400 days

export class Store {
  #memory = new Map<string, string>();
  isOpen = false;

  constructor(private domain: string) {}

  // From now on things may be written: consent is there.
  open(): void {
    this.isOpen = true;
    for (const [name, value] of this.#memory) this.set(name, value);
  }

  get(name: string): string | null {
    return (this.isOpen && this.peek(name)) || this.#memory.get(name) || null;
  }

  // What is stored, also before anything may be: only for what says whether it may.
  peek(name: string): string | null {
    return attempt(() => localStorage.getItem(PREFIX + name)) ?? null;
  }

  // Where storage is blocked or full, it lives as long as the page.
  set(name: string, value: string): void {
    this.#memory.set(name, value);
    if (this.isOpen) attempt(() => localStorage.setItem(PREFIX + name, value));
  }

  remove(name: string): void {
    this.#memory.delete(name);
    attempt(() => localStorage.removeItem(PREFIX + name));
  }

  // The names of all that is stored and begins with a text.
  names(start: string): string[] {
    const all = (this.isOpen && attempt(() => Object.keys(localStorage))) || [];
    return all
      .filter((name) => name.startsWith(PREFIX + start))
      .map((name) => name.slice(PREFIX.length));
  }

  cookie(name: string): string | null {
    const found = attempt(() => `; ${document.cookie}`.split(`; ${PREFIX}${name}=`)[1]);
    return attempt(() => decodeURIComponent((found as string).split(";")[0] as string)) ?? null;
  }

  // An empty one ends it. A sandboxed page has none.
  setCookie(name: string, value: string): void {
    const where = this.domain ? `; domain=${this.domain}` : "";
    const secure = location.protocol === "https:" ? "; secure" : "";
    const age = value ? COOKIE_SECONDS : 0;
    attempt(() => {
      document.cookie = `${PREFIX}${name}=${encodeURIComponent(value)}; path=/; max-age=${age}; samesite=lax${where}${secure}`;
    });
  }

  // Let go of everything that was ever stored, and keep one thing that says so.
  forget(name: string, value: string): void {
    for (const one of this.names("")) this.remove(one);
    this.set(name, value);
    if (!this.isOpen) attempt(() => localStorage.setItem(PREFIX + name, value));
    this.#memory.clear();
    this.isOpen = false;
  }
}

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
