// Stands in for the tag manager, as its documentation describes it: runs the sandboxed code of a
// template with the documented functions alone, each of which asks the template's permissions.

import { createContext, runInContext } from "node:vm";

type Any = Record<string, unknown>;
interface Value {
  type: number;
  string?: string;
  boolean?: boolean;
  listItem?: Value[];
  mapKey?: Value[];
  mapValue?: Value[];
}
interface Permission {
  instance: { key: { publicId: string }; param: { key: string; value: Value }[] };
}

// The parts of a template file by their names.
export function sectionsOf(text: string): Map<string, string> {
  const parts = text.split(/^___([A-Z_]+)___$/m);
  const found = new Map<string, string>();
  for (let place = 1; place < parts.length; place += 2) {
    found.set(parts[place] as string, (parts[place + 1] as string).trim());
  }
  return found;
}

export class DeniedError extends Error {}

export class TagManager {
  window: Any = {};
  consent: Record<string, boolean> = {};
  isPreview = false;
  scripts: {
    url: string;
    token: string | undefined;
    onSuccess: () => void;
    onFailure: () => void;
  }[] = [];
  logged: string[] = [];
  succeeded = 0;
  failed = 0;
  #listeners: [type: string, told: (type: string, granted: boolean) => void][] = [];
  #permissions: Permission[];

  #sections: Map<string, string>;

  constructor(sections: Map<string, string>) {
    this.#sections = sections;
    this.#permissions = JSON.parse(sections.get("WEB_PERMISSIONS") ?? "[]");
  }

  // Fire a tag of this template with what was filled in.
  run(data: Any): void {
    const done = { gtmOnSuccess: () => this.succeeded++, gtmOnFailure: () => this.failed++ };
    const require = (name: string): unknown => {
      const found = this.#api()[name];
      if (!found) throw new Error(`there is no ${name} in the sandbox`);
      return found;
    };
    const code = `(function () {${this.#sections.get("SANDBOXED_JS_FOR_WEB_TEMPLATE")}\n})()`;
    const world = createContext(
      { require, data: { ...data, ...done } },
      { codeGeneration: { strings: false, wasm: false } },
    );
    const hidden =
      "globalThis Date Promise RegExp Symbol Proxy Reflect Function eval setTimeout console fetch JSON Math Object Array String Number";
    for (const name of hidden.split(" ")) (world as Any)[name] = undefined;
    runInContext(code, world);
  }

  // Consent is given or withdrawn.
  tellConsent(type: string, isGranted: boolean): void {
    this.consent[type] = isGranted;
    for (const [one, told] of this.#listeners) if (one === type) told(type, isGranted);
  }

  #param(permission: string, name: string): Value[] {
    const found = this.#permissions.find((one) => one.instance.key.publicId === permission);
    return found?.instance.param.find((one) => one.key === name)?.value.listItem ?? [];
  }

  #has(permission: string): boolean {
    return this.#permissions.some((one) => one.instance.key.publicId === permission);
  }

  #mapped(permission: string, name: string, key: string): Record<string, boolean> {
    for (const one of this.#param(permission, name)) {
      const names = (one.mapKey ?? []).map((of) => of.string as string);
      const values = one.mapValue ?? [];
      if (values[0]?.string !== key) continue;
      return Object.fromEntries(names.map((of, place) => [of, values[place]?.boolean === true]));
    }
    return {};
  }

  may(permission: string, ...asked: string[]): boolean {
    if (permission === "inject_script") {
      return this.#param(permission, "urls").some((one) =>
        matches(one.string as string, asked[0] as string),
      );
    }
    if (permission === "access_globals") {
      const has = this.#mapped(permission, "keys", asked[1] as string);
      if (asked[0] === "readwrite") return !!(has.read && has.write);
      return has[asked[0] as string] === true;
    }
    if (permission === "access_consent") {
      return (
        this.#mapped(permission, "consentTypes", asked[0] as string)[asked[1] as string] === true
      );
    }
    return this.#has(permission);
  }

  #check(permission: string, ...asked: string[]): void {
    if (!this.may(permission, ...asked)) throw new DeniedError(`${permission} ${asked.join(" ")}`);
  }

  #at(path: string): [holder: Any | undefined, name: string] {
    const names = path.split(".");
    const last = names.pop() as string;
    let holder: Any | undefined = this.window;
    for (const name of names) holder = holder?.[name] as Any | undefined;
    return [holder, last];
  }

  #api(): Record<string, (...given: never[]) => unknown> {
    return {
      addConsentListener: (type: string, told: (type: string, granted: boolean) => void) => {
        this.#check("access_consent", type, "read");
        this.#listeners.push([type, told]);
      },
      callInWindow: (path: string, ...given: unknown[]) => {
        this.#check("access_globals", "execute", path);
        const [holder, name] = this.#at(path);
        return (holder?.[name] as ((...given: unknown[]) => unknown) | undefined)?.(...given);
      },
      copyFromWindow: (path: string) => {
        this.#check("access_globals", "read", path);
        const [holder, name] = this.#at(path);
        return holder?.[name];
      },
      createQueue: (path: string) => {
        this.#check("access_globals", "readwrite", path);
        const [holder, name] = this.#at(path);
        if (holder && !holder[name]) holder[name] = [];
        return (...given: unknown[]) => (holder?.[name] as unknown[] | undefined)?.push(...given);
      },
      getContainerVersion: () => {
        this.#check("read_container_data");
        return {
          containerId: "GTM-TEST",
          version: "1",
          previewMode: this.isPreview,
          debugMode: this.isPreview,
        };
      },
      getType: (value: unknown) =>
        value === null ? "null" : Array.isArray(value) ? "array" : typeof value,
      injectScript: (url: string, onSuccess: () => void, onFailure: () => void, token?: string) => {
        this.#check("inject_script", url);
        this.scripts.push({ url, token, onSuccess, onFailure });
      },
      isConsentGranted: (type: string) => {
        this.#check("access_consent", type, "read");
        return this.consent[type] === true;
      },
      logToConsole: (...said: unknown[]) => {
        this.#check("logging");
        this.logged.push(said.join(" "));
      },
      makeTableMap: (rows: Any[], key: string, value: string) =>
        Object.fromEntries(rows.map((row) => [row[key], row[value]])),
      queryPermission: (permission: string, ...asked: string[]) => this.may(permission, ...asked),
      setInWindow: (path: string, value: unknown, override?: boolean) => {
        this.#check("access_globals", "write", path);
        const [holder, name] = this.#at(path);
        if (!holder || (name in holder && !override)) return false;
        holder[name] = value;
        return true;
      },
    };
  }
}

// Whether an address is one that a pattern of a permission allows; a star stands for any host.
function matches(pattern: string, url: string): boolean {
  const literal = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  const host = literal.replace("://*\\.", "://[^/]+\\.").replace("://*/", "://[^/]+/");
  return new RegExp(`^${host.replaceAll("*", ".*")}$`).test(url);
}
