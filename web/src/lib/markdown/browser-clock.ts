// The clock of the page.
import { tick } from 'svelte';
import type { Clock } from './paced.svelte';

export const browserClock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    let frame = 0;
    const timer = setTimeout(() => (frame = requestAnimationFrame(call)), ms);
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  },
  drawn: tick
};
