import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { uploadLimits } from './upload-limits.svelte';
import { uploads } from './uploads.svelte';

const file = (name: string, size: number) => ({ name, size }) as File;
const LIMIT = 3 * 2 ** 20;

beforeEach(() => {
  vi.spyOn(uploadLimits, 'read').mockImplementation(() => {
    uploadLimits.fileBytes = LIMIT;
    return Promise.resolve();
  });
});
afterEach(() => vi.restoreAllMocks());

it('does not even begin to send a file that is empty, or larger than the server takes', async () => {
  uploads.add('collection', [file('video.mp4', LIMIT + 1), file('empty.txt', 0)]);
  await uploadLimits.read();
  await vi.waitFor(() => expect(uploads.running).toBe(false));
  expect(uploads.of('collection').map(({ status }) => status)).toEqual(['large', 'empty']);
  expect(uploadLimits.megabytes).toBe(3);
});
