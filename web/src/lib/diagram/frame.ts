// The frame in which diagrams are drawn: what it is sent, and what of its answers is believed.
import engine from '@mermaid-js/tiny/dist/mermaid.tiny.js?url';
import { MOST_DIAGRAM } from './source';

export const FRAME = '/frames/diagram.html';
const TALLEST_PX = 2_000;

export type FrameAnswer =
  { kind: 'ready' } | { kind: 'drawn'; height: number } | { kind: 'broken'; reason: string } | null;

/** What a frame says; null for anything that is none of its messages. Its text is shown, never run. */
export function readAnswer(data: unknown): FrameAnswer {
  if (typeof data !== 'object' || data === null) return null;
  const { kind, height, reason } = data as Record<string, unknown>;
  if (kind === 'ready') return { kind };
  if (kind === 'broken') return { kind, reason: typeof reason === 'string' ? firstLine(reason) : '' };
  if (kind !== 'drawn' || typeof height !== 'number' || !(height > 0)) return null;
  return { kind, height: Math.min(height, TALLEST_PX) };
}

/** The engine draws its position below in dashes, which only a fixed pitch would show. */
function firstLine(reason: string): string {
  return (reason.split('\n')[0] ?? '').slice(0, 300).replace(/:$/, '.');
}

/** Asks a frame to draw. The frame has no origin that could be named, and gets nothing but what the reader sees. */
export function askToDraw(frame: Window, source: string, dark: boolean): void {
  frame.postMessage({ kind: 'draw', path: engine, source, dark, limit: MOST_DIAGRAM }, '*');
}
