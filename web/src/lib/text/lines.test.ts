import { expect, it } from 'vitest';
import { isDomain, isOrigin, linesOf, rowsOf } from './lines';

it('reads lines and commas alike, each once', () => {
  expect(linesOf(' a.example\n\nb.example, a.example ')).toEqual(['a.example', 'b.example']);
  expect(linesOf(' \n ')).toEqual([]);
});

it('reads rows with their commas, each once', () => {
  expect(rowsOf(' a,b \n\nc\r\nc ')).toEqual(['a,b', 'c']);
});

it('knows an origin from an address', () => {
  expect(isOrigin('https://intranet.example.org')).toBe(true);
  expect(isOrigin('http://localhost:5173')).toBe(true);
  for (const wrong of [
    'https://example.org/',
    'https://example.org/a',
    'example.org',
    'ftp://example.org',
    '*',
    'null'
  ]) {
    expect(isOrigin(wrong), wrong).toBe(false);
  }
});

it('knows a domain', () => {
  expect(isDomain('kvarnbacken.example')).toBe(true);
  expect(isDomain('mail.kvarnbacken.example')).toBe(true);
  for (const wrong of ['kvarnbacken', '@kvarnbacken.example', 'a b.example', '*.example', '.example', 'x@y.example']) {
    expect(isDomain(wrong), wrong).toBe(false);
  }
});
