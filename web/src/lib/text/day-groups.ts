// Conversations by how long ago they were used.

export const DAY_GROUPS = ['pinned', 'today', 'yesterday', 'week', 'earlier'] as const;
export type DayGroup = (typeof DAY_GROUPS)[number];

const DAY_MS = 86_400_000;

/** Pinned ones, then groups by the local calendar day; the order within a group stays. Empty groups are left out. */
export function byDay<T extends { updated_at: string; pinned?: boolean }>(
  items: T[],
  now: Date
): { group: DayGroup; items: T[] }[] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groupOf = (item: T): DayGroup => {
    if (item.pinned) return 'pinned';
    const at = new Date(item.updated_at).getTime();
    if (at >= midnight) return 'today';
    if (at >= midnight - DAY_MS) return 'yesterday';
    return at >= midnight - 7 * DAY_MS ? 'week' : 'earlier';
  };
  return DAY_GROUPS.map((group) => ({ group, items: items.filter((item) => groupOf(item) === group) })).filter(
    ({ items: found }) => found.length > 0
  );
}
