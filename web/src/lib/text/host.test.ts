import { expect, it } from 'vitest';
import { hostOf } from './host';

it('drops the port and nothing else', () => {
  expect(hostOf('192.0.2.7:54446')).toBe('192.0.2.7');
  expect(hostOf('192.0.2.7')).toBe('192.0.2.7');
  expect(hostOf('[2001:db8::1]:443')).toBe('2001:db8::1');
  expect(hostOf('2001:db8::1')).toBe('2001:db8::1');
  expect(hostOf('')).toBe('');
});
