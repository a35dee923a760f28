import { expect, it } from 'vitest';
import { LARGEST_BYTES, uploads } from './uploads.svelte';

const file = (name: string, size: number) => ({ name, size }) as File;

it('does not even begin to send a file that is too large or empty', () => {
  uploads.add('collection', [file('video.mp4', LARGEST_BYTES + 1), file('empty.txt', 0)]);
  expect(uploads.of('collection').map(({ status }) => status)).toEqual(['large', 'empty']);
  expect(uploads.running).toBe(false);
});
