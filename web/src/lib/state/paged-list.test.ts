import { expect, it } from 'vitest';
import { PagedList } from './paged-list.svelte';

interface Item {
  id: string;
  name: string;
}

const item = (id: string, name = id): Item => ({ id, name });
const list = (read: (cursor: string) => Item[] = () => []) =>
  new PagedList<Item>(
    { items: [item('a'), item('b')], total: 3, next: 'after b' },
    async (cursor) => ({ items: read(cursor), total: 3, next: null }),
    ({ id }) => id
  );

it('reads on where it ended, and shows what moved meanwhile once', async () => {
  const asked: string[] = [];
  const read = list((cursor) => (asked.push(cursor), [item('b'), item('c')]));
  await Promise.all([read.more(), read.more()]);
  await read.more();
  expect(asked).toEqual(['after b']);
  expect(read.items.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

it('keeps the count while things come and go', () => {
  const kept = list();
  kept.keep(item('b', 'other'));
  expect([kept.total, kept.items[1]?.name]).toEqual([3, 'other']);
  kept.keep(item('n'));
  expect([kept.total, kept.items[0]?.id]).toEqual([4, 'n']);
  kept.drop('a');
  kept.drop('unknown');
  expect([kept.total, kept.items.length]).toEqual([3, 2]);
});

it('can be asked again after a failure', async () => {
  let times = 0;
  const shaky = list(() => {
    times += 1;
    if (times === 1) throw new Error('cut');
    return [item('c')];
  });
  await expect(shaky.more()).rejects.toThrow('cut');
  await shaky.more();
  expect(shaky.items).toHaveLength(3);
});
