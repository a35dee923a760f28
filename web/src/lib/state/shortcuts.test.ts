import { describe, expect, it } from 'vitest';
import { commandFor } from './shortcuts';

const stroke = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held
});

describe('shortcuts', () => {
  it('open the switcher with Ctrl or Cmd and K, also while typing', () => {
    expect(commandFor(stroke('k', { ctrlKey: true }), true, false)).toBe('switcher');
    expect(commandFor(stroke('K', { metaKey: true }), false, true)).toBe('switcher');
  });

  it('leave letters alone while somebody types or a dialog is open', () => {
    expect(commandFor(stroke('n'), false, false)).toBe('newChat');
    expect(commandFor(stroke('n'), true, false)).toBeNull();
    expect(commandFor(stroke('n'), false, true)).toBeNull();
    expect(commandFor(stroke('n', { ctrlKey: true }), false, false)).toBeNull();
  });

  it('take the question mark with its Shift', () => {
    expect(commandFor(stroke('?', { shiftKey: true }), false, false)).toBe('help');
  });

  it('know no other keys', () => {
    expect(commandFor(stroke('x'), false, false)).toBeNull();
    expect(commandFor(stroke('constructor'), false, false)).toBeNull();
  });
});
