import { describe, expect, it } from 'vitest';
import { laterTitle } from './later-title';

const never = new AbortController().signal;

function reader(...titles: (string | null | Error)[]): () => Promise<string | null> {
  return () => {
    const next = titles.shift() ?? null;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
}

describe('the title of a model', () => {
  it('is found when it comes, also after a failed look', async () => {
    const read = reader('How long?', new Error('away'), 'Term of office');
    expect(await laterTitle(read, 'How long?', never, [0, 0, 0])).toBe('Term of office');
  });

  it('may not come at all', async () => {
    const read = reader('How long?', null, 'How long?', 'Too late');
    expect(await laterTitle(read, 'How long?', never, [0, 0, 0])).toBeNull();
  });

  it('is not looked for by a user who has left', async () => {
    const leave = new AbortController();
    leave.abort();
    const read = reader('Term of office');
    expect(await laterTitle(read, 'How long?', leave.signal, [0])).toBeNull();
    expect(await read()).toBe('Term of office');
  });
});
