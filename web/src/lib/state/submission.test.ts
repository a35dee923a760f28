import { expect, it } from 'vitest';
import { Submission } from './submission.svelte';

const press = () => new Event('submit', { cancelable: true });

it('a form that is not right yet is not sent, and says so', async () => {
  const form = new Submission();
  const event = press();
  expect(await form.send(event, false, () => Promise.reject(new Error('sent')))).toBe(false);
  expect([event.defaultPrevented, form.checked, form.busy, form.problem]).toEqual([true, true, false, null]);
});

it('a second press while it is on its way sends nothing', async () => {
  const form = new Submission();
  let sent = 0;
  let complete = () => {};
  const response = new Promise<void>((resolve) => (complete = resolve));
  const work = () => ((sent += 1), response);
  const first = form.send(press(), true, work);
  expect([form.busy, await form.send(press(), true, work)]).toEqual([true, false]);
  complete();
  expect([await first, form.busy, sent]).toEqual([true, false, 1]);
});

it('what went wrong is shown until the next try', async () => {
  const form = new Submission();
  expect(await form.send(press(), true, () => Promise.reject(new TypeError('Failed to fetch')))).toBe(false);
  expect(form.problem).not.toBeNull();
  expect(form.busy).toBe(false);
  expect(await form.send(press(), true, () => Promise.resolve())).toBe(true);
  expect(form.problem).toBeNull();
  form.reset();
  expect(form.checked).toBe(false);
});
