import { expect, it } from 'vitest';
import { minutePrice, secondPrice } from './minute-price';

it('turns the price of a minute into that of a second, exactly to 12 digits', () => {
  const seconds = ['0.006', '0,006', ' 0.36 ', '6', '0', '0.0017', '60'].map(secondPrice);
  expect(seconds).toEqual(['0.0001', '0.0001', '0.006', '0.1', '0', '0.000028333333', '1']);
});

it('refuses what is no price', () => {
  for (const text of ['', '-1', '1e3', '.5', '1.2.3', '1 000', 'USD 1', '0.0000000000001', '10000000']) {
    expect(secondPrice(text), text).toBeNull();
  }
});

it('shows what a minute costs, as it was entered', () => {
  const shown = ['0.0001', '0.000028333333', '1', '0'].map((second) => minutePrice({ standard: { second } }));
  expect(shown).toEqual(['0.006', '0.0017', '60', '0']);
  for (const prices of [null, {}, { standard: {} }, { standard: { second: 1 } }, { standard: { input: '1' } }]) {
    expect(minutePrice(prices)).toBeNull();
  }
});
