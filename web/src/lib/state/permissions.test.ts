import { expect, it } from 'vitest';
import { allows } from './permissions';

it('asks for one of several', () => {
  const auditor = { permissions: ['audit' as const] };
  expect(allows(auditor, 'audit')).toBe(true);
  expect(allows(auditor, 'people', 'audit')).toBe(true);
  expect(allows(auditor, 'people', 'settings')).toBe(false);
  expect(allows({ permissions: [] }, 'spaces')).toBe(false);
  expect(allows(null, 'spaces')).toBe(false);
});
