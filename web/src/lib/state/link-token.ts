// The secret of a link that works once. It stands after the #, so that it reaches no server log.

/** Takes it out of the address, where it does not stay; empty where there is none. */
export function takeLinkToken(): string {
  const token = location.hash.slice(1);
  if (token !== '') history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
