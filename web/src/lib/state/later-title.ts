// A language model gives a new conversation a better title than its first question, a moment after the first answer.

/** What a model may take, in looks that become rarer. */
const PAUSES_MS = [1500, 2500, 5000];

/** Looks until the title is another one than the one that is shown; null where it stays, or one has left. */
export async function laterTitle(
  read: () => Promise<string | null>,
  shown: string | null,
  leave: AbortSignal,
  pauses: number[] = PAUSES_MS
): Promise<string | null> {
  for (const pause of pauses) {
    await new Promise((over) => setTimeout(over, pause));
    if (leave.aborted) return null;
    const title = await read().catch(() => null);
    if (title !== null && title !== shown) return title;
  }
  return null;
}
