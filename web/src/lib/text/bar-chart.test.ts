import { describe, expect, it } from 'vitest';
import { barsOf, highestOf, topOfScale } from './bar-chart';

const day = (at: string, value: number, incomplete = false) => ({ day: at, value, incomplete });

describe('the top of the scale', () => {
  it.each([
    [1, 1],
    [1.01, 2],
    [2.2, 2.5],
    [3, 5],
    [7, 10],
    [99, 100],
    [1_234_567, 2_000_000],
    [0.0000003, 0.0000005]
  ])('is the next round number above %d', (highest, top) => {
    expect(topOfScale(highest)).toBe(top);
  });

  it('is not 0 if nothing was used', () => {
    expect([topOfScale(0), topOfScale(NaN), topOfScale(-1)]).toEqual([1, 1, 1]);
  });
});

describe('bars', () => {
  it('stand for every day, used or not', () => {
    const { top, bars } = barsOf(['2026-11-01', '2026-11-02', '2026-11-03'], [day('2026-11-02', 5)]);
    expect(top).toBe(5);
    expect(bars.map(({ share }) => share)).toEqual([0, 1, 0]);
  });

  it('are never higher than the chart', () => {
    const values = [0.1, 3, 4.9, 5.1].map((value, at) => day(`2026-11-0${at + 1}`, value));
    const { bars } = barsOf(
      values.map((one) => one.day),
      values
    );
    expect(Math.max(...bars.map(({ share }) => share))).toBeLessThanOrEqual(1);
    expect(bars.every(({ share }) => share > 0)).toBe(true);
  });

  it('say that a value is not complete', () => {
    const { bars } = barsOf(['2026-11-01', '2026-11-02'], [day('2026-11-01', 0, true)]);
    expect(bars.map(({ incomplete }) => incomplete)).toEqual([true, false]);
  });

  it('have a highest one, or none', () => {
    const { bars } = barsOf(['2026-11-01', '2026-11-02'], [day('2026-11-01', 2), day('2026-11-02', 3)]);
    expect(highestOf(bars)?.day).toBe('2026-11-02');
    expect(highestOf(barsOf(['2026-11-01'], []).bars)).toBeNull();
  });
});
