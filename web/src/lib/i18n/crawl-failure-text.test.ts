import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { crawlFailureText } from './crawl-failure-text';
import { isMessageKey, locale } from './index.svelte';

const failure = (code: string, detail = 'its server answered with status 502') => ({ code, detail, hint: null });

afterEach(() => locale.choose('en'));

it('every documented reason of websites has words', () => {
  const docs = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const table = docs.split('## Codes of websites')[1]?.split('\n## ')[0] ?? '';
  const codes = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => Array.from((line.split('|')[1] ?? '').matchAll(/`([a-z0-9_]+)`/g), (match) => match[1] ?? ''));
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !isMessageKey(`crawlFailure.${code}`))).toEqual([]);
});

it('says the status of a refused request', () => {
  expect(crawlFailureText(failure('http_server_error')).detail).toBe(
    'The server of the website reported an error (status 502).'
  );
  expect(crawlFailureText(failure('http_client_error', 'odd')).detail).toMatch(/status –/);
});

it('is in the language of the page, also where the code is unknown', () => {
  locale.choose('sv');
  expect(crawlFailureText(failure('dns_failed'))).toEqual({
    detail: 'Det finns ingen webbplats på den adressen.',
    hint: 'Kontrollera att adressen är rättstavad.'
  });
  expect(crawlFailureText(failure('extractor_timeout')).detail).toMatch(/^Det tog för lång tid/);
  expect(crawlFailureText(failure('a_code_of_tomorrow')).detail).toBe('Något gick fel (a_code_of_tomorrow).');
});
