// Styles that are made while the page runs carry a number that the server chose for this page alone.

/** The number; browsers hide it from everything but scripts. */
export function nonce(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');
  return meta?.nonce ?? "";
}

/** Give the number to parts of libraries that look for it under a name of their own. */
export function shareNonce(): void {
  Object.assign(globalThis, { __webpack_nonce__: nonce() });
}
