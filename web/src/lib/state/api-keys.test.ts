import { expect, it } from 'vitest';
import { keyRequest, lifeOf, SCOPES, type KeyDraft } from './api-keys';

it('tells a key that ends soon from one that has ended', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const life = (expires_at: string | null) => lifeOf({ expires_at, assistant_id: null, assistant_name: null }, now);
  expect(life(null)).toBe('lasting');
  expect(life('2026-06-10T12:00:00Z')).toBe('lasting');
  expect(life('2026-03-16T12:00:00Z')).toBe('ending');
  expect(life('2026-03-10T12:00:00Z')).toBe('expired');
});

it('tells a key whose assistant is out of reach', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const life = (assistant_name: string | null, expires_at: string | null = null) =>
    lifeOf({ expires_at, assistant_id: 'a', assistant_name }, now);
  expect(life('Helper')).toBe('lasting');
  expect(life(null)).toBe('lost');
  expect(life(null, '2026-03-16T12:00:00Z')).toBe('lost');
  expect(life(null, '2026-03-10T11:00:00Z')).toBe('expired');
});

it('asks for the scopes that were chosen, or for those of one assistant', () => {
  const draft: KeyDraft = { name: ' Intranet ', assistantId: '', scopes: ['search', 'chat'], expiry: '90' };
  const all = { name: 'Intranet', assistant_id: null, scopes: ['chat', 'search'], expires_in_days: 90 };
  expect(keyRequest(draft)).toEqual(all);
  const one = keyRequest({ ...draft, assistantId: 'a', scopes: [...SCOPES], expiry: 'never' });
  const scopes = ['chat', 'assistants:read', 'assistants:use'];
  expect(one).toEqual({ ...all, assistant_id: 'a', scopes, expires_in_days: null });
});
