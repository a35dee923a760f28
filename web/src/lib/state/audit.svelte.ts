// The audit log. Reading it needs a stated reason, which is good for a while and stays with this tab.
import { answer, api } from '$lib/api/client';
import type { AuditEntry, AuditExport, AuditReading, AuditVerification } from '$lib/api/types';
import type { ListPage } from './paged-list.svelte';

export interface AuditFilter {
  action: string;
  actor_id: string;
  resource: string;
  /** Calendar days, as a date field gives them. */
  from: string;
  to: string;
}

export const EXPORT_FORMATS = ['csv', 'jsonl'] as const;
export type ExportFormat = AuditExport['format'];

const PAGE = 50;

class AuditLog {
  reading = $state.raw<AuditReading | null>(null);

  /** The stated reason, if it still holds. */
  current(now = Date.now()): AuditReading | null {
    if (this.reading && Date.parse(this.reading.expires_at) <= now) this.reading = null;
    return this.reading;
  }

  async begin(reason: string): Promise<void> {
    this.reading = await answer(api.POST('/api/v1/admin/audit/readings', { body: { reason } }));
  }

  forget(): void {
    this.reading = null;
  }
}

export const auditLog = new AuditLog();

export async function listEntries(
  reading: string,
  filter: AuditFilter,
  cursor?: string
): Promise<ListPage<AuditEntry>> {
  const query = { reading, limit: PAGE, cursor, ...wireFilter(filter) };
  const page = await answer(api.GET('/api/v1/admin/audit', { params: { query } }));
  return { items: page.entries, total: page.total, next: page.next_cursor };
}

/** Walks the whole log, some thousands of entries a request; `progress` is called with how many it has been so far. */
export async function verifyLog(progress: (entries: number) => void): Promise<AuditVerification> {
  for (let cursor: string | undefined; ;) {
    const found = await answer(api.GET('/api/v1/admin/audit/verification', { params: { query: { cursor } } }));
    if (found.next_cursor === null) return found;
    cursor = found.next_cursor;
    progress(found.entries);
  }
}

export function beginExport(reading: string, format: ExportFormat, filter: AuditFilter): Promise<AuditExport> {
  return answer(api.POST('/api/v1/admin/audit/exports', { body: { reading, format, ...wireFilter(filter) } }));
}

export function readExport(id: string): Promise<AuditExport> {
  return answer(api.GET('/api/v1/admin/audit/exports/{export_id}', { params: { path: { export_id: id } } }));
}

export function exportAddress({ id }: AuditExport): string {
  return `/api/v1/admin/audit/exports/${id}/content`;
}

export function filterFrom(params: URLSearchParams): AuditFilter {
  const text = (name: string) => params.get(name)?.trim() ?? '';
  const day = (name: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text(name)) ? text(name) : '');
  return {
    action: text('action'),
    actor_id: text('actor'),
    resource: text('resource'),
    from: day('from'),
    to: day('to')
  };
}

export function addressOf(filter: AuditFilter): string {
  const { actor_id: actor, ...rest } = filter;
  const set = Object.entries({ ...rest, actor }).filter(([, value]) => value !== '');
  return `/admin/audit${set.length ? `?${new URLSearchParams(set)}` : ''}`;
}

/** The same as the API wants it: days of this place as moments, both included. */
function wireFilter({ from, to, ...rest }: AuditFilter): Partial<Record<keyof AuditFilter, string>> {
  const moment = (day: string, days: number) => {
    const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
    return new Date(year, month - 1, date + days).toISOString();
  };
  const set = Object.entries(rest).filter(([, value]) => value !== '');
  return {
    ...Object.fromEntries(set),
    ...(from ? { from: moment(from, 0) } : {}),
    ...(to ? { to: moment(to, 1) } : {})
  };
}
