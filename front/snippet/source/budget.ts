// How much is sent: whole visitors are in the sample or out of it, and no page sends without end.

import { attempt } from "./safely";

// A number from 0 up to 1 that is the same for the same text (FNV-1a, mixed once more).
export function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

const SPENT = "tb_spent";

export class Budget {
  #onPage = 0;
  #inSession = 0;
  #isRead = false;

  constructor(
    private perPage: number,
    private perSession: number,
  ) {}

  newPage(): void {
    this.#onPage = 0;
  }

  // Whether one more may be sent; `mayStore`: whether what is counted may be told from page to page.
  spend(mayStore: boolean): boolean {
    if (mayStore && !this.#isRead) {
      this.#isRead = true;
      this.#inSession += Number(attempt(() => sessionStorage.getItem(SPENT))) || 0;
    }
    if (this.#onPage >= this.perPage || this.#inSession >= this.perSession) return false;
    this.#onPage++;
    this.#inSession++;
    return true;
  }

  // The page is left: the next one of the visit goes on counting.
  keep(): void {
    attempt(() => sessionStorage.setItem(SPENT, String(this.#inSession)));
  }

  forget(): void {
    attempt(() => sessionStorage.removeItem(SPENT));
  }
}
