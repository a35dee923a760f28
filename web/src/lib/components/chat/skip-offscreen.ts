// Long conversations: the browser neither lays out nor paints messages out of sight. They stay in the page, so that find-in-page,
// anchors and screen readers reach them, and have the height that they had when they were drawn, so that nothing jumps.

/** The class by which app.css lets the browser skip a message. */
const CLASS = 'skips';

/**
 * Attachment for a message. It is drawn in full first: the browser remembers its size (`contain-intrinsic-size: auto`) only then.
 * Another width makes every remembered height wrong, so it is drawn in full again.
 */
export function skipsOffscreen(message: HTMLElement): () => void {
  let frame = 0;
  let width = 0;
  const settle = () => {
    cancelAnimationFrame(frame);
    // The size is remembered after the frame in which the message was laid out.
    frame = requestAnimationFrame(() => (frame = requestAnimationFrame(() => message.classList.add(CLASS))));
  };
  const watch = new ResizeObserver(([entry]) => {
    const now = Math.round(entry?.contentRect.width ?? 0);
    if (now === width) return;
    width = now;
    message.classList.remove(CLASS);
    settle();
  });
  watch.observe(message);
  return () => {
    watch.disconnect();
    cancelAnimationFrame(frame);
    message.classList.remove(CLASS);
  };
}
