import { expect, it } from 'vitest';
import { readableUrl, siteOf, webUrl, withScheme } from './web-address';

it('a link leads to http and https only', () => {
  expect(webUrl('https://example.org/a')?.href).toBe('https://example.org/a');
  for (const bad of [
    'javascript:alert(1)',
    'ftp://example.org',
    'example.org',
    'https://',
    'https://a b/',
    'https://u:p@example.org/'
  ]) {
    expect(webUrl(bad), bad).toBeNull();
  }
});

it('an address without a scheme gets https', () => {
  expect(withScheme(' example.org/news ')).toBe('https://example.org/news');
  expect(withScheme('http://example.org')).toBe('http://example.org');
  expect(withScheme('')).toBe('');
});

it('an address is shown with readable letters', () => {
  expect(readableUrl('https://www.example.org/')).toBe('www.example.org');
  expect(readableUrl('https://example.org/s%C3%B6k?q=b%C3%A5t')).toBe('example.org/sök?q=båt');
});

it('a host keeps its spelling, and hidden letters stay escaped', () => {
  expect(readableUrl('https://räksmörgås.se/')).toBe('xn--rksmrgs-5wao1o.se');
  expect(readableUrl('https://example.org/%E2%80%AEtxt%20a')).toBe('example.org/%E2%80%AEtxt%20a');
  expect(readableUrl('https://example.org/%FF')).toBe('example.org/%FF');
});

it('what is no address stays as it is', () => {
  expect(readableUrl('mailto:a@b')).toBe('mailto:a@b');
  expect(siteOf('https://example.org:8080/x')).toBe('example.org:8080');
  expect(siteOf('nothing')).toBe('nothing');
});
