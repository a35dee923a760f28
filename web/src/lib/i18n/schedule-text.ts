// When a website is crawled, in words.
import type { CrawlRun, CrawlSchedule, Website } from '$lib/api/types';
import { isPlanned } from '$lib/text/crawl-run';
import { browserZone, nextTime, timeOf, WEEKDAYS, type Weekday } from '$lib/text/crawl-schedule';
import { counted, formatDateTime, locale, t } from './index.svelte';

/** A Monday, at noon so that no time zone makes another day of it. */
const MONDAY = Date.UTC(2026, 0, 5, 12);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function weekdayName(weekday: Weekday): string {
  const day = MONDAY + WEEKDAYS.indexOf(weekday) * DAY_MS;
  return new Intl.DateTimeFormat(locale.tag, { weekday: 'long', timeZone: 'UTC' }).format(day);
}

/** "02:00", or "2:00 am" where the browser writes it so. */
function timeName([hour, minute]: [number, number]): string {
  const at = Date.UTC(2026, 0, 5, hour, minute);
  return new Intl.DateTimeFormat(locale.tag, { timeStyle: 'short', timeZone: 'UTC' }).format(at);
}

/** "Every Monday at 02:00"; the time zone is named where it is not the reader's. */
export function scheduleText(schedule: CrawlSchedule, zone = browserZone()): string {
  const every = schedule.every ?? 'never';
  const words = everyText(schedule);
  const there = schedule.time_zone ?? 'UTC';
  return every === 'never' || there === zone ? words : t('schedule.words.zone', { when: words, zone: there });
}

function everyText(schedule: CrawlSchedule): string {
  const every = schedule.every ?? 'never';
  const time = timeOf(schedule.at) ?? [3, 0];
  if (every === 'cron') return t('schedule.words.cron', { cron: schedule.cron ?? '' });
  if (every === 'hourly' && time[1] === 0) return t('schedule.words.hour');
  return t(`schedule.words.${every}`, {
    minute: time[1],
    time: timeName(time),
    weekday: weekdayName(schedule.weekday ?? 'monday')
  });
}

/** When a website is crawled next by itself, or what it waits for. */
export function nextCrawlText(website: Website, run: Pick<CrawlRun, 'state'> | null): string {
  if ((website.schedule.every ?? 'never') === 'never') return t('website.nextNever');
  if (!isPlanned(website)) return t('website.nextPaused');
  if (run?.state === 'paused') return t('website.nextRunPaused');
  const { next_run_at, retry_at } = website;
  if (!next_run_at) return t('website.nextUnknown');
  // A time of the schedule before the next try is left out.
  return retry_at && Date.parse(next_run_at) < Date.parse(retry_at)
    ? t('website.nextAfterFailures', { date: formatDateTime(retry_at) })
    : formatDateTime(next_run_at);
}

/** When a schedule that is not saved yet runs first. */
export function nextText(schedule: CrawlSchedule, now = Date.now()): string {
  const every = schedule.every ?? 'never';
  if (every === 'never') return '';
  const next = nextTime(schedule, now);
  if (next === null) return t('schedule.nextAfterSaving');
  const date = formatDateTime(new Date(next).toISOString());
  const spread = schedule.jitter_minutes ?? 0;
  return spread > 0 ? counted('schedule.nextSpread', spread, { date }) : t('schedule.next', { date });
}

/** How long a crawl took: "3 minutes"; empty while it has not ended. */
export function durationText({ started_at, ended_at }: Pick<CrawlRun, 'started_at' | 'ended_at'>): string {
  if (!started_at || !ended_at) return '';
  const took = Math.max(0, Date.parse(ended_at) - Date.parse(started_at));
  const time =
    took < MINUTE_MS
      ? counted('crawl.seconds', Math.round(took / 1000))
      : counted('crawl.minutes', Math.round(took / MINUTE_MS));
  return t('crawl.took', { time });
}
