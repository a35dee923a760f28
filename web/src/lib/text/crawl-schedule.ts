// When a website is crawled by itself: the form, its faults, and the next time.
import type { CrawlSchedule } from '$lib/api/types';

export const INTERVALS = ['never', 'hourly', 'daily', 'every_other_day', 'weekly', 'cron'] as const;
export type Interval = (typeof INTERVALS)[number];
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface ScheduleDraft {
  every: Interval;
  weekday: Weekday;
  /** `HH:MM`. */
  at: string;
  cron: string;
  time_zone: string;
  jitter_minutes: number;
}

export type ScheduleFault = 'time' | 'cron' | 'zone' | 'jitter' | '';

/** As the server takes it where nothing is said. */
const DEFAULT_AT = '03:00';
const LONGEST_JITTER = 60;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** The zones to choose from; `kept` is among them though the browser may not know it. */
export function timeZones(kept: string): string[] {
  const known = Intl.supportedValuesOf('timeZone');
  return Array.from(new Set([...known, 'UTC', kept])).sort();
}

/** The form for a saved schedule. One that never ran by itself begins at night, in the browser's time zone. */
export function scheduleDraft(saved: CrawlSchedule, zone = browserZone()): ScheduleDraft {
  const fresh = (saved.every ?? 'never') === 'never' && !saved.at && !saved.cron;
  return {
    every: saved.every ?? 'never',
    weekday: saved.weekday ?? 'monday',
    at: saved.at ?? (fresh ? '02:00' : DEFAULT_AT),
    cron: saved.cron ?? '',
    time_zone: fresh ? zone : (saved.time_zone ?? 'UTC'),
    jitter_minutes: saved.jitter_minutes ?? 30
  };
}

/** What is sent: of each interval only what it has. */
export function scheduleOf(draft: ScheduleDraft): CrawlSchedule {
  const timed = draft.every !== 'never' && draft.every !== 'cron';
  return {
    every: draft.every,
    weekday: draft.every === 'weekly' ? draft.weekday : null,
    at: timed ? draft.at : null,
    cron: draft.every === 'cron' ? draft.cron.trim() : null,
    time_zone: draft.time_zone,
    jitter_minutes: draft.jitter_minutes
  };
}

export function scheduleFaults({ every, at, cron, time_zone, jitter_minutes }: ScheduleDraft): {
  at: ScheduleFault;
  cron: ScheduleFault;
  time_zone: ScheduleFault;
  jitter: ScheduleFault;
} {
  const off = every === 'never';
  return {
    at: off || every === 'cron' || timeOf(at) ? '' : 'time',
    cron: every !== 'cron' || isCron(cron) ? '' : 'cron',
    time_zone: off || isZone(time_zone) ? '' : 'zone',
    jitter: Number.isInteger(jitter_minutes) && jitter_minutes >= 0 && jitter_minutes <= LONGEST_JITTER ? '' : 'jitter'
  };
}

/** Hour and minute of `HH:MM`. */
export function timeOf(at: string | null | undefined): [hour: number, minute: number] | null {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(at ?? '');
  return found ? [Number(found[1]), Number(found[2])] : null;
}

/** Five fields whose first is one minute: at most once an hour, as the server asks. */
function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  const minute = fields[0] ?? '';
  return fields.length === 5 && fields.every((field) => /^[a-z0-9*,\-/#]+$/i.test(field)) && /^[0-5]?\d$/.test(minute);
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}

/** The first time after now, before the minutes by which runs are spread. Null where only the server can tell: cron, or a zone unknown here. */
export function nextTime(schedule: CrawlSchedule, now: number): number | null {
  const every = schedule.every ?? 'never';
  const zone = schedule.time_zone ?? 'UTC';
  const time = timeOf(schedule.at ?? DEFAULT_AT);
  if (every === 'never' || every === 'cron' || !time || !isZone(zone)) return null;
  const [hour, minute] = time;
  if (every === 'hourly') {
    const into = now - (wallClock(now, zone) % HOUR_MS) + minute * 60_000;
    return into > now ? into : into + HOUR_MS;
  }
  const today = Math.floor(wallClock(now, zone) / DAY_MS) * DAY_MS;
  // Eight days, since today's time may have gone by.
  for (let day = 0; day <= 7; day += 1) {
    const wall = today + day * DAY_MS + hour * HOUR_MS + minute * 60_000;
    const at = instantOf(wall, zone);
    const fits =
      every !== 'weekly' || WEEKDAYS[(new Date(wall).getUTCDay() + 6) % 7] === (schedule.weekday ?? 'monday');
    if (at > now && fits) return at;
  }
  return null;
}

/** What the clock on the wall shows there, as if it were UTC. */
function wallClock(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23'
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)?.value);
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown + (at % 1000);
}

/** When the clock on the wall shows this. Twice, since the offset may change in between. */
function instantOf(wall: number, zone: string): number {
  const near = wall - (wallClock(wall, zone) - wall);
  return wall - (wallClock(near, zone) - near);
}
