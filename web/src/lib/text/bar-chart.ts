// The scale and the bars of a chart by day.

export interface Bar {
  day: string;
  value: number;
  /** Of the height of the chart, 0 to 1. */
  share: number;
  /** Something of this day has no known value, so the bar is too low. */
  incomplete: boolean;
}

export interface DayValue {
  day: string;
  value: number;
  incomplete: boolean;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** The round number at the top of the scale: the lowest that is not below `highest`. */
export function topOfScale(highest: number): number {
  if (!(highest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = STEPS.find((one) => one * power >= highest) ?? 10;
  // 3 × 10⁻⁷ has more digits in binary than on the axis.
  return Number((step * power).toPrecision(3));
}

/** A bar for each of `days`; days without a value are empty. */
export function barsOf(days: readonly string[], values: readonly DayValue[]): { top: number; bars: Bar[] } {
  const known = new Map(values.map((one) => [one.day, one]));
  const top = topOfScale(Math.max(0, ...values.map(({ value }) => value)));
  const bars = days.map((day) => {
    const { value = 0, incomplete = false } = known.get(day) ?? {};
    return { day, value, share: value / top, incomplete };
  });
  return { top, bars };
}

/** The bar with the highest value; null if all are empty. */
export function highestOf(bars: readonly Bar[]): Bar | null {
  return bars.reduce<Bar | null>((best, bar) => (bar.value > (best?.value ?? 0) ? bar : best), null);
}
