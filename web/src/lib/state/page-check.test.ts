import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiProblem } from '$lib/api/problem';
import type { WebsiteCheck } from '$lib/api/types';
import { PageCheck } from './page-check.svelte';

let posted: unknown[];
/** What the server says to one question after another; the last again and again. */
let says: (WebsiteCheck | Error)[];

vi.mock('$lib/api/client', () => ({
  api: {
    POST: (_: string, { body }: { body: unknown }) => {
      posted.push(body);
      return state('queued');
    },
    GET: () => (says.length > 1 ? says.shift() : says[0])
  },
  answer: (said: WebsiteCheck | Error) => (said instanceof Error ? Promise.reject(said) : Promise.resolve(said))
}));

const state = (name: WebsiteCheck['state'], url = 'https://example.org/'): WebsiteCheck => ({
  website_id: 'w',
  job_id: 'j',
  url,
  state: name,
  result: null,
  created_at: '',
  updated_at: ''
});
const problem = (status: number) =>
  new ApiProblem({
    type: '',
    title: '',
    status,
    detail: '',
    error: status === 404 ? 'not_found' : 'internal',
    request_id: ''
  });

beforeEach(() => {
  vi.useFakeTimers();
  [posted, says] = [[], []];
});
afterEach(() => vi.useRealTimers());

it('asks until the result is there', async () => {
  const check = new PageCheck('w');
  says = [state('queued'), state('queued'), state('done')];
  const done = check.start('https://example.org/');
  expect(check.running).toBe(true);
  await vi.advanceTimersByTimeAsync(5000);
  expect((await done)?.state).toBe('done');
  expect([check.running, check.check?.state, check.late]).toEqual([false, 'done', false]);
  expect(posted).toEqual([{ url: 'https://example.org/' }]);
});

it('says that there is no result after a minute', async () => {
  const check = new PageCheck('w');
  says = [state('queued')];
  const done = check.start();
  await vi.advanceTimersByTimeAsync(70_000);
  expect(await done).toBeNull();
  expect([check.running, check.late, posted]).toEqual([false, true, [{}]]);
});

it('shows the result of the last check that was asked for', async () => {
  const check = new PageCheck('w');
  says = [state('queued')];
  const first = check.start('https://example.org/first');
  await vi.advanceTimersByTimeAsync(400);
  says = [state('done', 'https://example.org/second')];
  const second = check.start('https://example.org/second');
  await vi.advanceTimersByTimeAsync(5000);
  expect([await first, (await second)?.url]).toEqual([null, 'https://example.org/second']);
  expect(check.running).toBe(false);
});

it('no check before is no problem, and other problems are', async () => {
  const check = new PageCheck('w');
  says = [problem(404)];
  expect(await check.resume()).toBeNull();
  expect(check.problem).toBeNull();
  says = [problem(500)];
  expect(await check.resume()).toBeNull();
  expect(check.problem?.status).toBe(500);
});

it('asks no more after it was stopped', async () => {
  const check = new PageCheck('w');
  says = [state('queued'), state('done')];
  const done = check.start();
  check.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect([await done, check.check, says.length]).toEqual([null, null, 2]);
});
