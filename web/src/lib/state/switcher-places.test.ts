import { expect, it } from 'vitest';
import { newest } from './switcher-places.svelte';

it('a list without an end is read up to a bound', async () => {
  let pages = 0;
  const endless = async () => ({ items: Array.from({ length: 100 }, (_, at) => at), next: `page-${(pages += 1)}` });
  expect(await newest(endless, 250)).toHaveLength(250);
  expect(pages).toBe(3);
});

it('a short list is read to its end', async () => {
  expect(await newest(async (cursor) => ({ items: [cursor ?? 'first'], next: cursor ? null : 'second' }))).toEqual([
    'first',
    'second'
  ]);
});
