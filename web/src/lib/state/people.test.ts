import { describe, expect, it } from 'vitest';
import { belongs, looksAfterPeople, mayLookAfter, rolesUpTo, stateFrom } from './people';

describe('looking after people', () => {
  it('is for administrators and managers', () => {
    expect(looksAfterPeople('admin')).toBe(true);
    expect(looksAfterPeople('manager')).toBe(true);
    expect(looksAfterPeople('user')).toBe(false);
    expect(looksAfterPeople(undefined)).toBe(false);
  });

  it('reaches up to one’s own role', () => {
    expect(rolesUpTo('admin')).toEqual(['user', 'manager', 'admin']);
    expect(rolesUpTo('manager')).toEqual(['user', 'manager']);
    expect(rolesUpTo('user')).toEqual([]);
    expect(rolesUpTo(undefined)).toEqual([]);
    expect(mayLookAfter({ role: 'manager' }, { role: 'admin' })).toBe(false);
    expect(mayLookAfter({ role: 'manager' }, { role: 'manager' })).toBe(true);
    expect(mayLookAfter(null, { role: 'user' })).toBe(false);
  });
});

describe('the list', () => {
  it('leaves out the deleted unless they are asked for', () => {
    expect(belongs({ state: 'inactive' }, '')).toBe(true);
    expect(belongs({ state: 'deleted' }, '')).toBe(false);
    expect(belongs({ state: 'deleted' }, 'deleted')).toBe(true);
    expect(belongs({ state: 'active' }, 'invited')).toBe(false);
  });

  it('takes only a known state from the address', () => {
    expect(stateFrom('deleted')).toBe('deleted');
    expect(stateFrom('asleep')).toBe('');
    expect(stateFrom(null)).toBe('');
  });
});
