// The readable cookie that proves a changing request comes from our own pages.

const COOKIE = 'tessera_csrf';

export function csrfToken(cookies: string = document.cookie): string {
  const pair = cookies.split('; ').find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return pair ? decodeURIComponent(pair.slice(COOKIE.length + 1)) : '';
}

export function csrfHeaders(): Record<string, string> {
  const token = csrfToken();
  return token ? { 'x-csrf-token': token } : {};
}
