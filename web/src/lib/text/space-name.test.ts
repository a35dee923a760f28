import { afterEach, expect, it } from 'vitest';
import { locale } from '$lib/i18n/index.svelte';
import { spaceName } from './space-name';

afterEach(() => locale.choose('en'));

it('a personal space is called in the language of the page', () => {
  const space = { kind: 'personal', name: 'Personal' } as const;
  expect(spaceName(space)).toBe('My space');
  locale.choose('sv');
  expect(spaceName(space)).toBe('Min yta');
});

it('a name that somebody chose stays', () => {
  expect(spaceName({ kind: 'personal', name: 'Annas hörna' })).toBe('Annas hörna');
  expect(spaceName({ kind: 'shared', name: 'Personal' })).toBe('Personal');
  expect(spaceName(undefined)).toBe('');
});
