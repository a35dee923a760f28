import { expect, it } from 'vitest';
import type { AuditEntry } from '$lib/api/types';
import { actionText, actorText, changesOf, kindText, resourceText } from './audit-text';

const entry: AuditEntry = {
  seq: 1,
  at: '2026-03-10T12:00:00Z',
  actor: { kind: 'user', id: 'u', name: 'anna@example.org' },
  action: 'user.update',
  resource_kind: 'user',
  resource_id: 'u2',
  before: { role: 'user', display_name: 'Bo' },
  after: { role: 'admin', display_name: 'Bo' },
  address: null,
  user_agent: null,
  request_id: null,
  hash: ''
};

it('says what happened in words, and unknown things by their own name', () => {
  expect(actionText(entry)).toBe('Changed: person');
  expect(actionText({ action: 'user.create', resource_kind: 'user' })).toBe('New: person');
  expect(actionText({ action: 'comet.update', resource_kind: 'comet' })).toBe('comet.update');
  expect(actionText({ action: 'user.dance', resource_kind: 'user' })).toBe('user.dance');
  expect(actionText({ action: 'website.crawled', resource_kind: 'website' })).toBe('Website crawled');
  expect(kindText('space')).toBe('Space');
  expect(kindText('comet')).toBe('comet');
});

it('says who, also where it was nobody', () => {
  expect(actorText(entry)).toBe('anna@example.org');
  expect(actorText({ actor: { kind: 'system', id: null, name: null } })).toBe('The system');
});

it('names the thing as well as it can', () => {
  expect(resourceText(entry)).toBe('Bo');
  expect(resourceText({ before: { title: 'Minutes' }, after: null })).toBe('Minutes');
  expect(resourceText({ before: null, after: null })).toBe('');
});

it('shows only what became other', () => {
  expect(changesOf(entry)).toEqual([{ field: 'role', before: 'user', after: 'admin' }]);
  expect(changesOf({ before: null, after: { tags: ['a'], gone: null } })).toEqual([
    { field: 'tags', before: '', after: '["a"]' }
  ]);
});

it('tells of masked texts that they changed, and of long ones what is kept', () => {
  const masked = { before: { title: '***' }, after: { title: '***' } };
  expect(changesOf(masked)).toEqual([{ field: 'title', before: '***', after: '***' }]);
  expect(resourceText(masked)).toBe('');
  const long = { before: null, after: { instructions: { begins: 'Answer', characters: 20000, sha256: 'ab12' } } };
  expect(changesOf(long)[0]?.after).toBe('Answer … (20,000, SHA-256 ab12)');
});
