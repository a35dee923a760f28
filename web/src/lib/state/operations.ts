// What an administrator sees of the running system: jobs of the organisation, its queue, the servers behind it.
import { answer, api } from '$lib/api/client';
import { asProblem } from '$lib/api/problem';
import type { Job, QueueSummary, Readiness } from '$lib/api/types';
import type { ListPage } from './paged-list.svelte';

const PAGE = 50;

/** States as one filters by them. */
export const JOB_FILTERS = ['', 'queued', 'running', 'failed', 'cancelled', 'succeeded'] as const;
export type JobFilter = (typeof JOB_FILTERS)[number];

export function jobFilterOf(text: string | null): JobFilter {
  return JOB_FILTERS.find((known) => known === text) ?? '';
}

export async function listOrganisationJobs(status: JobFilter, cursor?: string): Promise<ListPage<Job>> {
  const query = { limit: PAGE, cursor, ...(status ? { status } : {}) };
  const page = await answer(api.GET('/api/v1/admin/jobs', { params: { query } }));
  return { items: page.jobs, total: page.total, next: page.next_cursor };
}

export function retryOrganisationJob({ id }: Job): Promise<Job> {
  return answer(api.POST('/api/v1/admin/jobs/{job_id}/retry', { params: { path: { job_id: id } } }));
}

/** Takes it off the list of those that need a person. */
export function discardOrganisationJob({ id }: Job): Promise<Job> {
  return answer(api.POST('/api/v1/admin/jobs/{job_id}/discard', { params: { path: { job_id: id } } }));
}

export function readQueue(): Promise<QueueSummary> {
  return answer(api.GET('/api/v1/admin/queue'));
}

/** The servers behind the page; a 503 carries the same body. */
export async function readReadiness(): Promise<Readiness> {
  const { data, error, response } = await api.GET('/api/v1/ready');
  const body = data ?? (error as Readiness | undefined);
  if (!body?.checks) throw asProblem(new TypeError(`status ${String(response.status)}`));
  return body;
}

/** Only these are retried: a job without a space, such as an export, is begun anew where it was begun. */
export function isRetryable({ status, space_id }: Job): boolean {
  return space_id !== null && (status === 'failed' || status === 'dead' || status === 'cancelled');
}

export function isDiscardable({ status }: Job): boolean {
  return status === 'failed' || status === 'dead';
}
