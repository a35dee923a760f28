// The readable cookie that proves a changing request comes from our own pages.

// Over https the prefix keeps other hosts of the domain from setting it; over plain http browsers refuse the prefix.
const NAMES = ['__Host-tessera_csrf', 'tessera_csrf'];

export function csrfToken(cookies: string = document.cookie): string {
  const pairs = cookies.split('; ');
  for (const name of NAMES) {
    const pair = pairs.find((cookie) => cookie.startsWith(`${name}=`));
    if (pair) return decodeURIComponent(pair.slice(name.length + 1));
  }
  return '';
}

export function csrfHeaders(): Record<string, string> {
  const token = csrfToken();
  return token ? { 'x-csrf-token': token } : {};
}
