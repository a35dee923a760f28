// The highlighter of this page, started by the first block of code.
import { Highlighter, type WorkerLike } from './highlighter';

export const highlighter = new Highlighter(
  () => new Worker(new URL('./highlight.worker.ts', import.meta.url), { type: 'module' }) as WorkerLike
);
