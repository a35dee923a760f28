import { describe, expect, it } from 'vitest';
import { belongs, needsLink, reaches, sortFrom, stateFrom } from './people';
import { BUILT_IN } from './permissions';

it('looking after people reaches as far as one’s own permissions', () => {
  const manager = { permissions: BUILT_IN.manager };
  expect(reaches(manager, BUILT_IN.user)).toBe(true);
  expect(reaches(manager, BUILT_IN.manager)).toBe(true);
  expect(reaches(manager, BUILT_IN.admin)).toBe(false);
  expect(reaches(manager, ['audit'])).toBe(false);
  expect(reaches({ permissions: BUILT_IN.admin }, ['audit'])).toBe(true);
  // Without the right to look after people nobody reaches anybody.
  expect(reaches({ permissions: BUILT_IN.user }, [])).toBe(false);
  expect(reaches(null, [])).toBe(false);
});

it('who is invited and has no link that works needs one', () => {
  const until = '2026-11-28T12:00:00Z';
  expect(needsLink({ state: 'invited', invitation_expires_at: null })).toBe(true);
  expect(needsLink({ state: 'invited', invitation_expires_at: until })).toBe(false);
  expect(needsLink({ state: 'active', invitation_expires_at: null })).toBe(false);
});

describe('the list', () => {
  it('leaves out the deleted unless they are asked for', () => {
    expect(belongs({ state: 'inactive' }, '')).toBe(true);
    expect(belongs({ state: 'deleted' }, '')).toBe(false);
    expect(belongs({ state: 'deleted' }, 'deleted')).toBe(true);
    expect(belongs({ state: 'active' }, 'invited')).toBe(false);
  });

  it('takes only a known state and order from the address', () => {
    expect(stateFrom('deleted')).toBe('deleted');
    expect(stateFrom('asleep')).toBe('');
    expect(stateFrom(null)).toBe('');
    expect(sortFrom('last_login')).toBe('last_login');
    expect(sortFrom('shoe size')).toBe('newest');
    expect(sortFrom(null)).toBe('newest');
  });
});
