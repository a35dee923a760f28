import { describe, expect, it } from 'vitest';
import { addMonths, firstDayOfWeek, monthName, readDate, weekdays, weeksOf, written } from './calendar';

describe('a day', () => {
  it('is written as the language writes it', () => {
    expect(written('2026-11-28', 'sv')).toBe('2026-11-28');
    expect(written('2026-11-28', 'en-GB')).toBe('28/11/2026');
    expect(written('2026-11-28', 'en-US')).toBe('11/28/2026');
    expect(written('', 'sv')).toBe('');
  });

  it.each([
    ['2026-11-28', 'sv', '2026-11-28'],
    ['2026-11-28', 'en-US', '2026-11-28'],
    ['28/11/2026', 'en-GB', '2026-11-28'],
    ['28.11.26', 'en-GB', '2026-11-28'],
    ['11/28/2026', 'en-US', '2026-11-28'],
    ['26-3-9', 'sv', '2026-03-09'],
    ['29/02/2024', 'en-GB', '2024-02-29'],
    ['29/02/2026', 'en-GB', null],
    ['31/04/2026', 'en-GB', null],
    ['28/13/2026', 'en-GB', null],
    ['00/01/2026', 'en-GB', null],
    ['yesterday', 'en-GB', null],
    ['2026-11', 'sv', null],
    ['', 'sv', null]
  ])('%j typed in %s is %j', (text, tag, iso) => expect(readDate(text, tag)).toBe(iso));

  it('keeps to the end of a shorter month', () => {
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-28');
    expect(addMonths('2026-01-31', -2)).toBe('2025-11-30');
  });
});

describe('a month', () => {
  it('begins its weeks as the language does', () => {
    expect(firstDayOfWeek('sv')).toBe(1);
    expect(weekdays('sv').map(({ short }) => short)).toEqual(['mån', 'tis', 'ons', 'tors', 'fre', 'lör', 'sön']);
    expect(weekdays('en-US')[0]?.long).toBe('Sunday');
  });

  it('is laid out by weeks', () => {
    const weeks = weeksOf('2026-11-28', 'sv');
    expect(weeks).toHaveLength(6);
    expect(weeks[0]).toEqual([null, null, null, null, null, null, '2026-11-01']);
    expect(weeks[5]).toEqual(['2026-11-30', null, null, null, null, null, null]);
    expect(weeksOf('2027-02-10', 'sv')).toHaveLength(4);
    expect(monthName('2026-11-28', 'sv')).toBe('november 2026');
  });
});
