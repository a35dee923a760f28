import { afterEach, describe, expect, it } from 'vitest';
import { ApiProblem, problemOf, reworded } from '$lib/api/problem';
import type { FieldProblem, Reason } from '$lib/api/types';
import { locale } from './index.svelte';
import { fieldText, mayHelpAgain, problemText } from './problem-text';

const problem = (error: string, detail: string, errors?: FieldProblem[], reason?: Reason) =>
  new ApiProblem({ type: 'about:blank', title: 'Title', status: 400, detail, error, request_id: 'r', errors, reason });

afterEach(() => locale.choose('en'));

describe('a problem in English', () => {
  it('says the sentence of the server as a sentence', () => {
    expect(problemText(problem('conflict', 'a space needs an owner; make another member one first')).detail).toBe(
      'A space needs an owner; make another member one first.'
    );
  });

  it('says what is wrong with a field without its pointer', () => {
    const refused = problem('invalid_body', '/name: expected 3 to 50 characters, got 2', [
      { pointer: '/name', detail: 'expected 3 to 50 characters, got 2' }
    ]);
    expect(problemText(refused).detail).toBe('Expected 3 to 50 characters, got 2.');
    expect(fieldText(refused, '/name')).toBe('Expected 3 to 50 characters, got 2.');
    expect(fieldText(refused, '/description')).toBeUndefined();
  });
});

describe('a problem with a reason', () => {
  const owner = problem('conflict', 'a space needs an owner; make another member one first', undefined, {
    code: 'last_owner'
  });
  const short = problem('invalid_body', '/name: expected 3 to 50 characters, got 2', [
    {
      pointer: '/name',
      detail: 'expected 3 to 50 characters, got 2',
      reason: { code: 'text_length', min: '3', max: '50' }
    }
  ]);

  it('says why and what to do in either language', () => {
    expect(problemText(owner)).toEqual({
      title: 'A space needs an owner. Make another member an owner first.',
      detail: ''
    });
    expect(fieldText(short, '/name')).toBe('Enter 3 to 50 characters.');
    locale.choose('sv');
    expect(problemText(owner).title).toBe('En yta måste ha en ägare. Gör en annan medlem till ägare först.');
    expect(problemText(short).detail).toBe('Skriv mellan 3 och 50 tecken.');
    expect(fieldText(short, '/name')).toBe('Skriv mellan 3 och 50 tecken.');
  });

  it('of a later server falls back to the code', () => {
    locale.choose('sv');
    const later = problem('conflict', 'something new', undefined, { code: 'of_tomorrow' as Reason['code'] });
    expect(problemText(later)).toEqual({ title: 'Det krockar med något som redan finns.', detail: '' });
  });

  it('gives way to what the page says itself', () => {
    locale.choose('sv');
    expect(problemText(reworded(owner, 'conflict', 'Namnet är upptaget.')).title).toBe('Namnet är upptaget.');
  });
});

describe('a problem in Swedish', () => {
  it.each(['model_failed', 'too_large', 'conflict', 'unavailable', 'a_code_of_tomorrow'])(
    '%s brings no English sentence of the server',
    (code) => {
      locale.choose('sv');
      const { title, detail } = problemText(problem(code, 'expected a file of at most 100 MiB'));
      expect(`${title} ${detail}`).not.toMatch(/expected|Title/);
      expect(title).not.toBe('');
    }
  );

  it('says at a field that its value is not accepted', () => {
    locale.choose('sv');
    const refused = problem('invalid_body', 'x', [{ pointer: '/name', detail: 'expected a line' }]);
    expect(fieldText(refused, '/name')).toBe('Värdet godtas inte.');
  });
});

it.each([502, 503, 504])('an answer of a proxy with status %d is a server that is not available', (status) => {
  expect(problemOf('<html>', status).code).toBe('unavailable');
  expect(problemOf('<html>', 500).code).toBe('unreadable');
});

it('processing again helps only where the file was not the reason', () => {
  const failed = (code: string) => mayHelpAgain({ code, detail: '', hint: null } as Parameters<typeof mayHelpAgain>[0]);
  expect([failed('encrypted'), failed('unsupported_type'), failed('extractor_timeout'), failed('cancelled')]).toEqual([
    false,
    false,
    true,
    true
  ]);
});

it('names the limit of a file in both languages in the unit of the other texts', () => {
  const refused = problem('too_large', 'expected a file of at most 20 MiB; split it or ask an administrator');
  expect(problemText(refused).detail).toBe(
    'Files can have up to 20 MB. Split it, or ask an administrator about the limit.'
  );
  locale.choose('sv');
  expect(problemText(refused).detail).toMatch(/^Filer får vara högst 20 MB\./);
  expect(problemText(problem('too_large', 'expected a body of at most 9 bytes')).detail).toBe('');
});
