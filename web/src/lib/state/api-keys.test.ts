import { expect, it } from 'vitest';
import { lifeOf } from './api-keys';

it('tells a key that ends soon from one that has ended', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const life = (expires_at: string | null) => lifeOf({ expires_at }, now);
  expect(life(null)).toBe('lasting');
  expect(life('2026-06-10T12:00:00Z')).toBe('lasting');
  expect(life('2026-03-16T12:00:00Z')).toBe('ending');
  expect(life('2026-03-10T12:00:00Z')).toBe('expired');
});
