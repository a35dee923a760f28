import { expect, it } from 'vitest';
import { readAmount, typedAmount } from './amount';

it.each([
  ['20', 'en-GB', '20'],
  [' 2.50 ', 'en-GB', '2.50'],
  ['1,000,000', 'en-GB', '1000000'],
  ['1,000.5', 'en-GB', '1000.5'],
  ['2,5', 'en-GB', null],
  ['2,5', 'sv', '2.5'],
  ['2.5', 'sv', '2.5'],
  ['1 000\u00a0000,25', 'sv', '1000000.25'],
  ['1,000,000', 'sv', null],
  ['', 'sv', null],
  ['-1', 'en-GB', null],
  ['1e3', 'en-GB', null],
  ['123456789012', 'en-GB', null],
  ['0.0000000000001', 'en-GB', null]
])('reads the cost “%s” in %s as %s', (typed, tag, amount) => {
  expect(readAmount(typed, 'cost', tag)).toBe(amount);
});

it('reads tokens and questions as whole numbers only', () => {
  expect(readAmount('1 500', 'tokens', 'sv')).toBe('1500');
  expect(readAmount('1.5', 'tokens', 'en-GB')).toBeNull();
  expect(readAmount('1,5', 'requests', 'sv')).toBeNull();
});

it('writes an amount so that it is read as the same', () => {
  expect(typedAmount('0.000000000001', 'sv')).toBe('0,000000000001');
  for (const tag of ['sv', 'en-GB']) expect(readAmount(typedAmount('12345.678', tag), 'cost', tag)).toBe('12345.678');
});
