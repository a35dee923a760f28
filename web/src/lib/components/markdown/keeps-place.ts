// What gets its height late (a diagram, a picture) must not move what the reader looks at.

/** Closer to the end than this the view follows the end instead (follow-end.svelte.ts). */
const NEAR_END_PX = 72;

/** How far to scroll after a block that begins at `top` changed its height by `change`; `boxTop` is where the view begins. */
export function correction(change: number, top: number, boxTop: number, leftBelow: number): number {
  return top < boxTop && leftBelow > NEAR_END_PX ? change : 0;
}

/** Attachment: while the block begins above the view, the view moves with its height. */
export function keepsPlace(block: HTMLElement): () => void {
  let height: number | null = null;
  const watch = new ResizeObserver(() => {
    const now = block.getBoundingClientRect();
    const change = height === null ? 0 : now.height - height;
    height = now.height;
    const box = block.closest('.messages');
    if (!box || change === 0) return;
    const left = box.scrollHeight - box.scrollTop - box.clientHeight;
    const by = correction(change, now.top, box.getBoundingClientRect().top, left);
    if (by !== 0) box.scrollTop += by;
  });
  watch.observe(block);
  return () => watch.disconnect();
}
