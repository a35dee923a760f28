// Addresses of the web, as people type and read them.

/** The address, if it is one that a link may lead to: http or https, with a host and without a user. */
export function webUrl(text: string): URL | null {
  try {
    const url = new URL(text);
    const plain = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
    return plain && url.hostname !== '' && !/\s/.test(text) ? url : null;
  } catch {
    return null;
  }
}

/** What was typed with its scheme; https if it has none. */
export function withScheme(typed: string): string {
  const text = typed.trim();
  return text === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
}

/** `www.example.org/news`: without scheme, and with readable letters in the path. The host stays as it is asked, so that no letter looks like another. */
export function readableUrl(text: string): string {
  const url = webUrl(text);
  if (!url) return text;
  const path = `${url.pathname}${url.search}`.replace(/^\/$/, '');
  return url.host + decoded(path);
}

/** The host, or the text itself where it is no address. */
export function siteOf(text: string): string {
  return webUrl(text)?.host ?? text;
}

/** Percent signs as letters, except those that would change what the address means or hide a part of it. */
function decoded(path: string): string {
  try {
    return decodeURI(path).replace(/[\s\p{C}]/gu, (sign) => encodeURIComponent(sign));
  } catch {
    return path;
  }
}
