// Who the visitor is: an id of this browser in a cookie and in storage, each of which restores the
// other, and the user that the page named. Neither exists before consent.

import type { Wish } from "./chunks/visitor";
import type { Options } from "./options";
import { trouble } from "./safely";
import { newId, type Store } from "./storage";

const VISITOR = "anonymous_id";
const USER = "user_id";

const good = (id: string | null): string => id || "";

export class Identity {
  anonymousId = "";
  userId = "";

  constructor(
    private store: Store,
    private options: Options,
  ) {}

  // Find out who it is, or make somebody new; `userId`: whom the page named before it could be kept.
  async open(userId: string): Promise<void> {
    // The cookie may be shared with other hosts of the site, so it says more.
    let found = good(this.store.cookie(VISITOR)) || good(this.store.get(VISITOR)) || newId();
    if (this.options.visitor === "server") found = await this.#askServer({ anonymousId: found });
    const known = good(this.store.get(USER));
    const isOther = userId !== "" && known !== "" && known !== userId;
    this.#keep(isOther ? this.#new() : found, userId || known);
  }

  #keep(anonymousId: string, userId: string): void {
    this.anonymousId = anonymousId;
    this.userId = userId;
    this.store.set(VISITOR, anonymousId);
    this.store.setCookie(VISITOR, anonymousId);
    if (userId) this.store.set(USER, userId);
    else this.store.remove(USER);
  }

  // The page names its user. Another one than before is somebody else, so the visitor is new too.
  name(userId: string): void {
    const isOther = this.userId !== "" && this.userId !== userId;
    this.#keep(isOther ? this.#new() : this.anonymousId, userId);
  }

  // Somebody logged out: who comes now may be anybody.
  reset(): void {
    this.#keep(this.#new(), "");
  }

  #new(): string {
    const id = newId();
    if (this.options.visitor === "server") void this.#askServer({ anonymousId: id, replace: true });
    return id;
  }

  forget(): void {
    this.store.setCookie(VISITOR, "");
    if (this.anonymousId && this.options.visitor === "server")
      void this.#askServer({ forget: true });
    this.anonymousId = this.userId = "";
  }

  // The id in the cookie that only the server sees, which lives longer than what scripts write.
  async #askServer(body: Wish): Promise<string> {
    try {
      const { ask } = await import("./chunks/visitor");
      return good(await ask(this.options, body)) || (body.anonymousId ?? "");
    } catch (error) {
      trouble(`the server keeps no visitor: ${error}`);
      return body.anonymousId ?? "";
    }
  }
}
