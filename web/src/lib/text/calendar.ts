// Calendar days as `2026-11-28`, without a time zone: written and read as a language does, and laid out by weeks.

const ISO = /^(\d{4})-(\d{2})-(\d{2})$/;
export const DAYS_OF_WEEK = 7;

export function isoOf(year: number, month: number, day: number): string {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.toISOString().slice(0, 10);
}

function dateOf(iso: string): Date {
  return new Date(`${iso}T00:00:00Z`);
}

/** The day today where the reader is. */
export function today(now = new Date()): string {
  return isoOf(now.getFullYear(), now.getMonth() + 1, now.getDate());
}

export function addDays(iso: string, days: number): string {
  const date = dateOf(iso);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** The same day of another month, or its last day. */
export function addMonths(iso: string, months: number): string {
  const date = dateOf(iso);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month, Math.min(date.getUTCDate(), last))).toISOString().slice(0, 10);
}

const NUMERIC = { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: 'UTC' } as const;

/** As a field shows it: 28/11/2026, 2026-11-28. */
export function written(iso: string, tag: string): string {
  return ISO.test(iso) ? new Intl.DateTimeFormat(tag, NUMERIC).format(dateOf(iso)) : iso;
}

/** As it is read out: Saturday 28 November 2026. */
export function spoken(iso: string, tag: string): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeZone: 'UTC' }).format(dateOf(iso));
}

export function monthName(iso: string, tag: string): string {
  return new Intl.DateTimeFormat(tag, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(dateOf(iso));
}

/** What was typed, in the order of the language or as 2026-11-28; null if it is no day. */
export function readDate(text: string, tag: string): string | null {
  const numbers = text.trim().match(/\d+/g);
  if (numbers?.length !== 3 || /[^\d\s./-]/.test(text)) return null;
  const parts = new Intl.DateTimeFormat(tag, NUMERIC).formatToParts(0).map(({ type }) => type);
  const order = numbers[0]?.length === 4 ? ['year', 'month', 'day'] : parts.filter((type) => type !== 'literal');
  const of = (type: string) => Number(numbers[order.indexOf(type)]);
  const year = of('year') < 100 ? of('year') + 2000 : of('year');
  const iso = isoOf(year, of('month'), of('day'));
  // 31 April is no day, and not the first of May either.
  const [, , month, day] = ISO.exec(iso) ?? [];
  return Number(month) === of('month') && Number(day) === of('day') ? iso : null;
}

interface WeekInfo {
  firstDay: number;
}

/** 0 for Sunday, 1 for Monday. */
export function firstDayOfWeek(tag: string): number {
  const locale = new Intl.Locale(tag) as Intl.Locale & { getWeekInfo?: () => WeekInfo; weekInfo?: WeekInfo };
  return ((locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1) % DAYS_OF_WEEK;
}

/** Names of the days of the week, in the order of the language. */
export function weekdays(tag: string): { short: string; long: string }[] {
  // 4 January 1970 was a Sunday.
  return Array.from({ length: DAYS_OF_WEEK }, (_, at) => {
    const day = new Date(Date.UTC(1970, 0, 4 + firstDayOfWeek(tag) + at));
    const name = (weekday: 'short' | 'long') => new Intl.DateTimeFormat(tag, { weekday, timeZone: 'UTC' }).format(day);
    return { short: name('short'), long: name('long') };
  });
}

/** The weeks of the month of a day; null stands for days of other months. */
export function weeksOf(iso: string, tag: string): (string | null)[][] {
  const month = iso.slice(0, 7);
  const first = `${month}-01`;
  const before = (dateOf(first).getUTCDay() - firstDayOfWeek(tag) + DAYS_OF_WEEK) % DAYS_OF_WEEK;
  const weeks: (string | null)[][] = [];
  for (let day = addDays(first, -before); day < addMonths(first, 1); day = addDays(day, DAYS_OF_WEEK)) {
    weeks.push(
      Array.from({ length: DAYS_OF_WEEK }, (_, at) => addDays(day, at)).map((one) =>
        one.startsWith(month) ? one : null
      )
    );
  }
  return weeks;
}
