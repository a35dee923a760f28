import { expect, it } from 'vitest';
import { nextTime, scheduleDraft, scheduleFaults, scheduleOf, timeZones } from './crawl-schedule';

const zone = 'Europe/Stockholm';
const next = (schedule: Parameters<typeof nextTime>[0], now: string) => {
  const at = nextTime({ time_zone: zone, ...schedule }, Date.parse(now));
  return at === null ? null : new Date(at).toISOString();
};

it('a daily crawl is at its local time, today or tomorrow', () => {
  expect(next({ every: 'daily', at: '02:00' }, '2026-11-29T00:30:00Z')).toBe('2026-11-29T01:00:00.000Z');
  expect(next({ every: 'daily', at: '02:00' }, '2026-11-29T01:00:00Z')).toBe('2026-11-30T01:00:00.000Z');
});

it('summer time moves a crawl', () => {
  expect(next({ every: 'daily', at: '06:30' }, '2026-03-28T12:00:00Z')).toBe('2026-03-29T04:30:00.000Z');
  // Half an hour after midnight UTC it is still winter.
  expect(next({ every: 'daily', at: '01:30' }, '2026-03-28T12:00:00Z')).toBe('2026-03-29T00:30:00.000Z');
  expect(next({ every: 'daily', at: '06:30' }, '2026-10-24T12:00:00Z')).toBe('2026-10-25T05:30:00.000Z');
});

it('a weekly crawl is on its weekday, also a week from now', () => {
  // 2026-11-29 is a Sunday.
  expect(next({ every: 'weekly', weekday: 'tuesday', at: '04:00' }, '2026-11-29T12:00:00Z')).toBe(
    '2026-12-01T03:00:00.000Z'
  );
  expect(next({ every: 'weekly', weekday: 'sunday', at: '04:00' }, '2026-11-29T12:00:00Z')).toBe(
    '2026-12-06T03:00:00.000Z'
  );
});

it('the local day counts for a weekday', () => {
  // Monday in Auckland, Sunday in Stockholm.
  const schedule = { every: 'weekly', weekday: 'monday', at: '08:00', time_zone: 'Pacific/Auckland' } as const;
  expect(next(schedule, '2026-11-29T12:00:00Z')).toBe('2026-11-29T19:00:00.000Z');
});

it('an hourly crawl has a minute', () => {
  expect(next({ every: 'hourly', at: '00:20' }, '2026-11-29T12:10:00Z')).toBe('2026-11-29T12:20:00.000Z');
  expect(next({ every: 'hourly', at: '00:20' }, '2026-11-29T12:20:00Z')).toBe('2026-11-29T13:20:00.000Z');
  const nepal = { every: 'hourly', at: '00:00', time_zone: 'Asia/Kathmandu' } as const;
  expect(next(nepal, '2026-11-29T12:00:00Z')).toBe('2026-11-29T12:15:00.000Z');
});

it('only the server knows the next time of cron', () => {
  expect(next({ every: 'cron', cron: '30 2 * * 1-5' }, '2026-11-29T12:00:00Z')).toBeNull();
  expect(next({ every: 'never' }, '2026-11-29T12:00:00Z')).toBeNull();
  expect(next({ every: 'daily', at: '02:00', time_zone: 'No/Where' }, '2026-11-29T12:00:00Z')).toBeNull();
});

it('a new schedule begins in the time zone of the browser', () => {
  expect(scheduleDraft({ every: 'never', time_zone: 'UTC' }, zone)).toMatchObject({ time_zone: zone, at: '02:00' });
  expect(scheduleDraft({ every: 'daily', time_zone: 'UTC' }, zone)).toMatchObject({ time_zone: 'UTC', at: '03:00' });
});

it('sends of each interval only what it has', () => {
  const draft = { ...scheduleDraft({ every: 'weekly', at: '05:00', weekday: 'friday' }, zone), cron: '1 2 * * *' };
  expect(scheduleOf(draft)).toMatchObject({ every: 'weekly', weekday: 'friday', at: '05:00', cron: null });
  expect(scheduleOf({ ...draft, every: 'cron' })).toMatchObject({ weekday: null, at: null, cron: '1 2 * * *' });
  expect(scheduleOf({ ...draft, every: 'never' })).toMatchObject({ weekday: null, at: null, cron: null });
});

it('finds what the server would refuse', () => {
  const draft = scheduleDraft({ every: 'cron' }, zone);
  const cron = (text: string) => scheduleFaults({ ...draft, cron: text }).cron;
  expect(cron('30 2 * * 1-5')).toBe('');
  for (const bad of ['', '* * * * *', '*/5 * * * *', '0 3 * *', '0 0 3 * * *', '61 * * * *']) {
    expect(cron(bad), bad).toBe('cron');
  }
  expect(scheduleFaults({ ...draft, every: 'daily', at: '24:00' }).at).toBe('time');
  expect(scheduleFaults({ ...draft, every: 'daily', time_zone: 'No/Where' }).time_zone).toBe('zone');
  expect(scheduleFaults({ ...draft, jitter_minutes: 61 }).jitter).toBe('jitter');
});

it('a saved time zone can be chosen though the browser does not know it', () => {
  expect(timeZones('Mars/Olympus')).toContain('Mars/Olympus');
  expect(timeZones('UTC').filter((name) => name === 'UTC')).toHaveLength(1);
});
