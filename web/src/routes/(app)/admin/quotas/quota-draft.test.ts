import { expect, it } from 'vitest';
import type { Quota } from '$lib/api/types';
import { draftOf, EMPTY, faultsOf, newQuota, quotaChange } from './quota-draft';

const good = { ...EMPTY, limit: '2,5' };
const faults = (some: object) => Array.from(faultsOf({ ...good, ...some }, 'sv'));

it('needs a limit, and a subject that it limits', () => {
  expect(faults({})).toEqual([]);
  expect(faults({ limit: '' })).toEqual(['limit']);
  expect(faults({ measure: 'tokens' })).toEqual(['limit']);
  expect(faults({ subject: 'group' })).toEqual(['subject']);
  expect(faults({ subject: 'group', subjectId: 'g' })).toEqual([]);
});

it('alerts at a whole percentage, by day or month only', () => {
  for (const alert of [0, 101, 2.5]) expect(faults({ alert })).toEqual(['alert']);
  expect(faults({ alert: 101, period: 'minute' })).toEqual([]);
  expect(newQuota({ ...good, alert: 80, period: 'minute' }, 'sv')).not.toHaveProperty('alert_percent');
});

it('sends decimal text, and an id only where one is expected', () => {
  expect(newQuota({ ...good, subjectId: 'left over', alert: 80 }, 'sv')).toEqual({
    subject: 'each_user',
    measure: 'cost',
    period: 'day',
    limit: '2.5',
    alert_percent: 80
  });
  expect(newQuota({ ...good, subject: 'user', subjectId: 'u' }, 'sv').subject_id).toBe('u');
});

it('changes limit and alert, and can end the alerts', () => {
  const quota = { subject: 'user', subject_id: 'u', measure: 'cost', period: 'month', limit: '2.5', alert_percent: 80 };
  const draft = draftOf(quota as Quota, 'sv');
  expect([draft.limit, draft.alert]).toEqual(['2,5', 80]);
  expect(quotaChange({ ...draft, limit: '3', alert: null }, 'sv')).toEqual({ limit: '3', alert_percent: null });
  expect(quotaChange({ ...draft, period: 'hour' }, 'sv')).toEqual({ limit: '2.5' });
});
