import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Prompt } from '$lib/api/types';
import { matching, PromptFinder } from './prompt-finder.svelte';

const prompt = (command: string, title = command, space_id: string | null = null): Prompt => ({
  id: `${space_id}-${command}`,
  space_id,
  command,
  title,
  text: 'Text',
  permissions: [],
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z'
});
const commands = (prompts: Prompt[]) => prompts.map(({ command }) => command);

describe('prompts that fit', () => {
  const all = [
    prompt('week', 'Report'),
    prompt('weekly', 'Zeta'),
    prompt('other', 'What the week was'),
    prompt('biweek')
  ];

  it('are those whose command, or a word of whose title, begins so', () => {
    expect(commands(matching(all, 'week'))).toEqual(['week', 'weekly', 'other']);
    expect(commands(matching(all, 'WEEKL'))).toEqual(['weekly']);
    expect(commands(matching(all, 'eek'))).toEqual([]);
    expect(matching(all, '')).toHaveLength(4);
  });

  it('come with own ones before those of spaces', () => {
    const both = [prompt('a', 'a', 'space'), prompt('a'), prompt('b')];
    expect(matching(both, '').map(({ id }) => id)).toEqual(['null-a', 'null-b', 'space-a']);
  });
});

describe('the list', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const finding = (prompts: Prompt[], complete = true) => {
    const find = vi.fn(async (query: string) => ({ prompts: matching(prompts, query), complete }));
    return { find, finder: new PromptFinder(find) };
  };
  const settled = () => vi.runAllTimersAsync();

  it('opens at the slash, and asks once if it has everything', async () => {
    const { find, finder } = finding([prompt('week'), prompt('other')]);
    finder.type('');
    expect(finder.open).toBe(false);
    await settled();
    expect(finder.open).toBe(true);
    finder.type('w');
    expect(commands(finder.found)).toEqual(['week']);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('asks again when the typing pauses if there is more, and shows no late answer', async () => {
    const { find, finder } = finding([prompt('week'), prompt('other')], false);
    finder.type('');
    await settled();
    finder.type('o');
    finder.type('oth');
    await settled();
    expect(find.mock.calls.map(([query]) => query)).toEqual(['', 'oth']);
    expect(commands(finder.found)).toEqual(['other']);
  });

  it('waits for the answer before it chooses', async () => {
    const { finder } = finding([prompt('week'), prompt('other')]);
    finder.type('other');
    const choice = finder.choose();
    await settled();
    expect((await choice)?.command).toBe('other');
  });

  it('waits for the answer to what was typed last', async () => {
    const { finder } = finding([prompt('week'), prompt('other')], false);
    finder.type('w');
    const choice = finder.choose();
    finder.type('o');
    await settled();
    expect((await choice)?.command).toBe('other');
  });

  it('goes round at both ends', async () => {
    const { finder } = finding([prompt('a'), prompt('b')]);
    finder.type('');
    await settled();
    finder.move(-1);
    expect(finder.chosen).toBe(1);
    finder.move(1);
    expect(finder.chosen).toBe(0);
  });

  it('stays closed until another command begins', async () => {
    const { finder } = finding([prompt('week')]);
    finder.type('w');
    await settled();
    finder.close();
    finder.type('we');
    await settled();
    expect(finder.open).toBe(false);
    finder.type(null);
    finder.type('w');
    await settled();
    expect(finder.open).toBe(true);
  });

  it('chooses nothing if it is closed before the answer', async () => {
    const { finder } = finding([prompt('week')]);
    finder.type('w');
    const choice = finder.choose();
    finder.close();
    await settled();
    expect(await choice).toBeUndefined();
  });

  it('is read again each time it opens', async () => {
    const { find, finder } = finding([prompt('week')]);
    for (const query of ['', null, '']) {
      finder.type(query);
      await settled();
    }
    expect(find).toHaveBeenCalledTimes(2);
  });

  it('is open with nothing in it only where there are no prompts at all', async () => {
    const { finder } = finding([]);
    finder.type('');
    await settled();
    expect(finder.open).toBe(true);
    finder.type('w');
    await settled();
    expect(finder.open).toBe(false);
  });

  it('says that it could not be read', async () => {
    const finder = new PromptFinder(() => Promise.reject(new TypeError('offline')));
    finder.type('w');
    await settled();
    expect([finder.open, finder.failed]).toEqual([true, true]);
    expect(await finder.choose()).toBeUndefined();
  });
});
