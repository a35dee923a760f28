import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { isMessageKey, locale } from './index.svelte';
import { jobErrorText, jobKindText } from './job-text';

afterEach(() => locale.choose('en'));

it('an error is told in the language of the page, with what to do', () => {
  locale.choose('sv');
  const error = { code: 'worker_died', detail: 'it crashed the worker', hint: 'report it' };
  expect(jobErrorText(error)).toMatch(/^Det kraschade arbetsprocessen/);
  expect(jobErrorText({ ...error, code: 'encrypted' })).toMatch(/lösenord\. Spara en kopia/);
  expect(jobErrorText({ ...error, code: 'a_code_of_tomorrow' })).not.toMatch(/crashed|report/);
});

it('a kind of a later server is other work', () => {
  expect(jobKindText({ kind: 'ingest_document' })).toBe('Reading a document');
  expect(jobKindText({ kind: 'a_kind_of_tomorrow' })).toBe('Other work');
});

it('every kind of the server has words', () => {
  const kinds = ['accounts', 'audit', 'imports', 'knowledge', 'usage', 'websites'].flatMap((crate) => {
    const job = readFileSync(new URL(`../../../../crates/${crate}/src/job.rs`, import.meta.url), 'utf8');
    return Array.from(job.matchAll(/const KIND: &'static str = "(\w+)"/g), (found) => found[1] ?? '');
  });
  expect(kinds.length).toBeGreaterThan(6);
  expect(kinds.filter((kind) => !isMessageKey(`job.kind.${kind}`))).toEqual([]);
});
