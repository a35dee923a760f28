import { describe, expect, it } from 'vitest';
import { addressOf, filterFrom } from './usage';

const TODAY = '2026-11-29';
const read = (query: string) => filterFrom(new URLSearchParams(query), TODAY);

describe('the address of a usage report', () => {
  it('is this month by day if it names nothing', () => {
    expect(read('')).toEqual({ period: 'month', by: 'day', range: { from: '2026-11-01', to: TODAY } });
    expect(addressOf(read(''))).toBe('/admin/usage');
  });

  it.each([
    'period=week&by=user',
    'period=last-month',
    'by=provider',
    'period=own&by=model&from=2026-10-05&to=2026-10-07'
  ])('holds %s', (query) => {
    expect(addressOf(read(query))).toBe(`/admin/usage?${query}`);
  });

  it('does not pass on what is wrong', () => {
    const wrong = read('period=year&by=colour&from=soon');
    expect(wrong).toEqual(read(''));
    expect(read('period=own&from=soon&to=2026-11-09').range).toEqual({ from: '2026-11-01', to: '2026-11-09' });
  });
});
