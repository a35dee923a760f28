// Keeps the newest text in view while it grows, unless the reader has scrolled up.

const NEAR_PX = 72;

export class FollowEnd {
  /** True while the end is in view. */
  at = $state(true);
  #box: HTMLElement | null = null;

  /** Attachment for the scrolling element. */
  readonly follows = (box: HTMLElement): (() => void) => {
    this.#box = box;
    const look = () => (this.at = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX);
    const grown = new ResizeObserver(() => {
      if (this.at) box.scrollTop = box.scrollHeight;
      else look();
    });
    for (const child of box.children) grown.observe(child);
    grown.observe(box);
    box.addEventListener('scroll', look, { passive: true });
    return () => {
      grown.disconnect();
      box.removeEventListener('scroll', look);
      this.#box = null;
    };
  };

  jump(): void {
    this.at = true;
    if (this.#box) this.#box.scrollTop = this.#box.scrollHeight;
  }
}
