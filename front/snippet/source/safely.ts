// A page must never break because it is observed: whatever goes wrong here stays here.

let told: (why: string) => void = () => {};

export function tellTrouble(tell: (why: string) => void): void {
  told = tell;
}

export function trouble(error: unknown): void {
  told(String(error));
}

// The same function, except that it never throws.
export function safely<Given extends unknown[]>(
  run: (...given: Given) => void,
): (...given: Given) => void {
  return (...given) => {
    try {
      run(...given);
    } catch (error) {
      trouble(error);
    }
  };
}

export function on(
  target: EventTarget,
  names: string,
  run: (event: never) => void,
  capture = true,
): void {
  for (const name of names.split(" ")) {
    target.addEventListener(name, safely(run as (event: Event) => void), {
      capture,
      passive: true,
    });
  }
}

export function later(run: () => void, ms: number): number {
  return window.setTimeout(safely(run), ms);
}

// What something gives, or nothing where a browser forbids it: storage throws where it is blocked.
export function attempt<Given>(run: () => Given): Given | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
