// Tells the other tabs of this browser that a conversation has changed.

const CHANNEL = 'tessera.conversations';

let channel: BroadcastChannel | null = null;

function open(): BroadcastChannel | null {
  // Node has channels too, and one that is open keeps a test from ending.
  if (typeof BroadcastChannel === 'undefined' || typeof window === 'undefined') return null;
  return (channel ??= new BroadcastChannel(CHANNEL));
}

export function announceChange(conversationId: string): void {
  open()?.postMessage(conversationId);
}

/** Calls back with the id of a conversation that changed in another tab, until the returned function is called. */
export function onChangeElsewhere(changed: (conversationId: string) => void): () => void {
  const listen = ({ data }: MessageEvent<unknown>) => typeof data === 'string' && changed(data);
  const here = open();
  here?.addEventListener('message', listen);
  return () => here?.removeEventListener('message', listen);
}
