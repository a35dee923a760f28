import { describe, expect, it } from 'vitest';
import { daysOf, LONGEST_DAYS, rangeOf, todayInUtc } from './usage-period';

describe('the time of a report', () => {
  it('is the month up to today', () => {
    expect(rangeOf('month', '2026-11-29')).toEqual({ from: '2026-11-01', to: '2026-11-29' });
  });

  it('is the complete month before, also in January', () => {
    expect(rangeOf('last-month', '2026-03-31')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(rangeOf('last-month', '2027-01-15')).toEqual({ from: '2026-12-01', to: '2026-12-31' });
  });

  it('is seven days with today as the last', () => {
    expect(daysOf(rangeOf('week', '2026-11-03'))).toEqual([
      '2026-10-28',
      '2026-10-29',
      '2026-10-30',
      '2026-10-31',
      '2026-11-01',
      '2026-11-02',
      '2026-11-03'
    ]);
  });

  it('begins by the clock of UTC', () => {
    expect(todayInUtc(new Date('2026-11-30T00:30:00+02:00'))).toBe('2026-11-29');
  });

  it('has an end even if the days are wrong', () => {
    expect(daysOf({ from: '2026-11-02', to: '2026-11-01' })).toEqual([]);
    expect(daysOf({ from: '2020-01-01', to: '2026-11-01' })).toHaveLength(LONGEST_DAYS);
  });
});
