import { describe, expect, it } from 'vitest';
import { returnPath } from './session.svelte';

const origin = 'https://tessera.example';

describe('the path after signing in', () => {
  it('keeps path, query and fragment', () => {
    expect(returnPath('/documents/1?chunk=2#x', origin)).toBe('/documents/1?chunk=2#x');
  });

  it.each([
    null,
    '',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '\\\\evil.example'
  ])('is the start page for %j', (requested) => {
    const path = returnPath(requested, origin);
    expect(new URL(path, origin).origin).toBe(origin);
    expect(path).toBe('/');
  });
});
