import { expect, it } from 'vitest';
import { slugOf, startAddress } from './sign-in';

const origin = 'https://tessera.example';
const provider = { name: 'Kvarnbacken', start_url: '/api/v1/auth/oidc/start?tenant=kvarnbacken' };

it('comes back to the page that was asked for', () => {
  expect(startAddress(provider, '/', origin)).toBe('/api/v1/auth/oidc/start?tenant=kvarnbacken');
  expect(startAddress(provider, '/search?q=a b', origin)).toBe(
    '/api/v1/auth/oidc/start?tenant=kvarnbacken&return_to=%2Fsearch%3Fq%3Da+b'
  );
});

it('begins on this very server only', () => {
  expect(startAddress({ ...provider, start_url: 'https://evil.example/start' }, '/', origin)).toBe('/sign-in');
  expect(startAddress({ ...provider, start_url: '//evil.example/start' }, '/', origin)).toBe('/sign-in');
});

it('takes only what can be a short name', () => {
  expect(slugOf(' Kvarnbacken ')).toBe('kvarnbacken');
  expect(slugOf('a-1')).toBe('a-1');
  for (const wrong of ['', '-a', 'a b', 'a/b', 'å', 'x'.repeat(64)]) expect(slugOf(wrong), wrong).toBe('');
});
