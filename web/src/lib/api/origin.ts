// Where the API is: the origin of the page.

/** Empty where there is no page (tests set one). A Request made outside a page needs the whole address. */
export function origin(): string {
  return globalThis.location?.origin ?? '';
}
