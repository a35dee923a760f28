// The time of a usage report: whole days by the clock of UTC, by which the server counts.
import { addDays, addMonths } from './calendar';

export const PERIODS = ['month', 'last-month', 'week', 'own'] as const;
export type Period = (typeof PERIODS)[number];

/** Two days as `2026-11-29`, both included. */
export interface DayRange {
  from: string;
  to: string;
}

/** The longest time that the server reports, in days. */
export const LONGEST_DAYS = 400;

export function todayInUtc(now = new Date()): string {
  return now.toISOString().slice(0, 10);
}

/** The days of a period that ends with `today`. */
export function rangeOf(period: Exclude<Period, 'own'>, today: string): DayRange {
  const first = `${today.slice(0, 7)}-01`;
  if (period === 'month') return { from: first, to: today };
  if (period === 'week') return { from: addDays(today, -6), to: today };
  return { from: addMonths(first, -1), to: addDays(first, -1) };
}

/** Every day of a range; at most as many as a report can have. */
export function daysOf({ from, to }: DayRange): string[] {
  const days: string[] = [];
  for (let day = from; day <= to && days.length < LONGEST_DAYS; day = addDays(day, 1)) days.push(day);
  return days;
}
