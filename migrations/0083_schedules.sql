-- Schedules: work that comes again at times given by a cron expression. A schedule of a tenant queues a job; one without a tenant is the
-- installation's maintenance, which one worker at a time runs under a lease.

create table schedules (
  id          uuid primary key default gen_random_uuid(),
  tenant_id   uuid references tenants on delete cascade,
  -- A kind of job (queue::Job::KIND), or of maintenance.
  kind        text not null,
  -- What the job is queued with (queue::NewJob); empty for maintenance.
  job         jsonb not null default '{}',
  -- Five fields, read in this time zone (IANA).
  cron        text not null,
  time_zone   text not null default 'UTC',
  -- Null: a worker has yet to work it out.
  next_run_at timestamptz,
  last_run_at timestamptz,
  -- Why the cron expression or the time zone cannot be read; it does not run then.
  error       text,
  leased_by   uuid,
  lease_until timestamptz,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  constraint schedules_names_its_kind check (tenant_id is null or job ->> 'kind' is not null)
);
create index schedules_due_idx on schedules (next_run_at);
create unique index schedules_maintenance on schedules (kind) where tenant_id is null;
create index schedules_tenant_idx on schedules (tenant_id);
-- Each runs once when the first worker starts.
insert into schedules (kind, cron, next_run_at) values
  ('reconcile', '* * * * *', now()),
  ('reindex_words', '* * * * *', now()),
  ('remove_expired', '*/10 * * * *', now()),
  ('remove_orphans', '20 * * * *', now()),
  ('purge_audit', '40 2 * * *', now());
select protect('schedules');
create policy lookup on schedules to tessera_lookup using (true) with check (true);

-- What maintenance looks for, in one statement over all tenants.
create index documents_unfinished_idx on documents (tenant_id) where status in ('uploading', 'processing', 'indexing');
create index documents_broken_off_idx on documents (tenant_id) where failure_code = 'upload_broken_off' and blob_id is not null;
create index documents_old_words_idx on documents (tenant_id) where words_version < 1 and status = 'ready';
create index audit_exports_queued_idx on audit_exports (tenant_id) where state = 'queued';
create policy lookup on audit_exports for select to tessera_lookup using (true);
create policy lookup on blobs for select to tessera_lookup using (true);
create policy lookup_expired on sessions for delete to tessera_lookup using (true);
create policy lookup_expired on one_time_links for delete to tessera_lookup using (true);
create policy lookup_expired on idempotency_keys to tessera_lookup using (true);
