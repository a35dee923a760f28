import { expect, it } from 'vitest';
import { csrfToken } from './csrf';

it('reads the token from the cookie that no other host can set, and from the plain one over http', () => {
  expect(csrfToken('tessera_csrf=planted; __Host-tessera_csrf=a%2Fb')).toBe('a/b');
  expect(csrfToken('other=1; tessera_csrf=c')).toBe('c');
  expect(csrfToken('x__Host-tessera_csrf=1; xtessera_csrf=2')).toBe('');
  expect(csrfToken('')).toBe('');
});
