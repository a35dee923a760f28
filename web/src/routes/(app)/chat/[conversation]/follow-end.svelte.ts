// Keeps the newest text in view while it grows, unless the reader has scrolled up.
import { tick } from 'svelte';

/** Scrolling down to within this distance of the end follows it again. */
const NEAR_PX = 72;
/** Browsers round scroll positions; less than this is no movement. */
const ROUNDING_PX = 2;

export class FollowEnd {
  /** True while the end is in view, or is about to be. */
  at = $state(true);
  #box: HTMLElement | null = null;
  #top = 0;

  /** Attachment for the scrolling element. */
  readonly follows = (box: HTMLElement): (() => void) => {
    this.#box = box;
    this.#top = box.scrollTop;
    const grown = new ResizeObserver(() => {
      if (this.at) this.#toEnd(box);
    });
    // The `scroll` event of our own `scrollTop =` arrives a frame later, when the text may have grown past any distance.
    // So only the direction tells whether the reader left the end: nothing but the reader scrolls up.
    const scrolled = () => {
      const up = box.scrollTop < this.#top - ROUNDING_PX;
      this.#top = box.scrollTop;
      const left = box.scrollHeight - box.scrollTop - box.clientHeight;
      if (up) this.at = left <= ROUNDING_PX;
      else if (left < NEAR_PX) this.at = true;
    };
    // A scroll event comes a frame after the wheel: text that grows within it would bring the end back.
    const wheeled = (event: WheelEvent) => {
      if (event.deltaY < 0 && box.scrollTop > 0) this.at = false;
    };
    for (const child of box.children) grown.observe(child);
    grown.observe(box);
    box.addEventListener('scroll', scrolled, { passive: true });
    box.addEventListener('wheel', wheeled, { passive: true });
    return () => {
      grown.disconnect();
      box.removeEventListener('scroll', scrolled);
      box.removeEventListener('wheel', wheeled);
      this.#box = null;
    };
  };

  /** Shows the end once what changed is drawn. */
  async jump(): Promise<void> {
    this.at = true;
    await tick();
    if (this.#box && this.at) this.#toEnd(this.#box);
  }

  #toEnd(box: HTMLElement): void {
    box.scrollTop = box.scrollHeight;
    this.#top = box.scrollTop;
  }
}
