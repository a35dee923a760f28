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
grant select, update on schedules to tessera_lookup;

-- Queues the jobs of the schedules that are due, at most p_limit; says how many. One that was due several times meanwhile runs once.
create function lookup.queue_scheduled_jobs(p_limit int)
  returns bigint language sql volatile security definer set search_path = public, pg_temp as $$
  with due as (
    update schedules s set next_run_at = null, last_run_at = now()
     where s.id in (
       select d.id from schedules d where d.tenant_id is not null and d.next_run_at <= now()
        order by d.next_run_at limit p_limit for update skip locked)
    returning s.tenant_id, s.job
  ), queued as (
    select enqueue_job(due.job || jsonb_build_object('id', gen_random_uuid(), 'tenant_id', due.tenant_id)) from due
  )
  select count(*) from queued
$$;

-- Schedules whose next time is not known yet.
create function lookup.unplanned_schedules()
  returns table (schedule_id uuid, cron text, time_zone text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, s.cron, s.time_zone from schedules s where s.next_run_at is null and s.error is null order by s.id limit 1000
$$;

-- p_next_run_at: microseconds since 1970.
create function lookup.plan_schedule(p_id uuid, p_next_run_at bigint, p_error text)
  returns void language sql volatile security definer set search_path = public, pg_temp as $$
  update schedules s set next_run_at = 'epoch'::timestamptz + p_next_run_at * interval '1 microsecond', error = p_error
   where s.id = p_id and s.next_run_at is null
$$;

-- Takes one maintenance that is due, for p_lease_seconds; nothing if another worker runs it.
create function lookup.lease_maintenance(p_worker uuid, p_lease_seconds int)
  returns table (kind text) language sql volatile security definer set search_path = public, pg_temp as $$
  update schedules s set leased_by = p_worker, lease_until = now() + make_interval(secs => p_lease_seconds)
   where s.id = (
     select d.id from schedules d
      where d.tenant_id is null and d.next_run_at <= now() and (d.lease_until is null or d.lease_until <= now())
      order by d.next_run_at limit 1 for update skip locked)
  returning s.kind
$$;

create function lookup.extend_maintenance(p_worker uuid, p_kind text, p_lease_seconds int)
  returns boolean language sql volatile security definer set search_path = public, pg_temp as $$
  with held as (
    update schedules s set lease_until = now() + make_interval(secs => p_lease_seconds)
     where s.tenant_id is null and s.kind = p_kind and s.leased_by = p_worker and s.lease_until > now()
    returning 1
  )
  select exists (select from held)
$$;

create function lookup.end_maintenance(p_worker uuid, p_kind text)
  returns void language sql volatile security definer set search_path = public, pg_temp as $$
  update schedules s set next_run_at = null, last_run_at = now(), leased_by = null, lease_until = null
   where s.tenant_id is null and s.kind = p_kind and s.leased_by = p_worker
$$;

-- Which tenants maintenance has something to do for. Each set is found in one statement, so that no worker walks through all tenants.
create index documents_unfinished_idx on documents (tenant_id) where status in ('uploading', 'processing', 'indexing');
create index documents_broken_off_idx on documents (tenant_id) where failure_code = 'upload_broken_off' and blob_id is not null;
create index documents_old_words_idx on documents (tenant_id) where words_version < 1 and status = 'ready';
create index audit_exports_queued_idx on audit_exports (tenant_id) where state = 'queued';
create policy lookup on audit_exports for select to tessera_lookup using (true);
create policy lookup on blobs for select to tessera_lookup using (true);
grant select (tenant_id, status, failure_code, blob_id, words_version) on documents to tessera_lookup;
grant select (tenant_id, state) on audit_exports to tessera_lookup;
grant select (id, tenant_id, updated_at) on blobs to tessera_lookup;

create function lookup.tenants_to_reconcile()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select d.tenant_id from documents d where d.status in ('uploading', 'processing', 'indexing')
  union select d.tenant_id from documents d where d.failure_code = 'upload_broken_off' and d.blob_id is not null
  union select e.tenant_id from audit_exports e where e.state = 'queued'
$$;

create function lookup.tenants_to_reindex()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select distinct d.tenant_id from documents d where d.words_version < 1 and d.status = 'ready'
$$;

create function lookup.tenants_with_orphans()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select distinct b.tenant_id from blobs b
   where b.updated_at < now() - interval '1 day' and not exists (select from documents d where d.blob_id = b.id)
$$;

-- Removes sessions, links and idempotency keys of all tenants that have run out, at most p_limit of each; says how many. Ended sessions are kept a
-- day, so that a stolen token is still told from an unknown one.
create policy lookup_expired on sessions for delete to tessera_lookup using (true);
create policy lookup_expired on one_time_links for delete to tessera_lookup using (true);
create policy lookup_expired on idempotency_keys to tessera_lookup using (true);
grant select (expires_at, idle_expires_at), delete on sessions to tessera_lookup;
grant delete on one_time_links to tessera_lookup;
grant select (tenant_id, user_id, key, created_at), delete on idempotency_keys to tessera_lookup;
create function lookup.remove_expired(p_limit int)
  returns bigint language sql volatile security definer set search_path = public, pg_temp as $$
  with s as (
    delete from sessions where id in (
      select o.id from sessions o
       where least(o.expires_at, o.idle_expires_at, coalesce(o.revoked_at, 'infinity')) < now() - interval '1 day' limit p_limit)
    returning 1
  ), l as (
    delete from one_time_links where id in (
      select o.id from one_time_links o where o.expires_at < now() - interval '1 day' limit p_limit)
    returning 1
  ), k as (
    delete from idempotency_keys where (tenant_id, user_id, key) in (
      select o.tenant_id, o.user_id, o.key from idempotency_keys o where o.created_at < now() - interval '1 day' limit p_limit)
    returning 1
  )
  select (select count(*) from s) + (select count(*) from l) + (select count(*) from k)
$$;

-- When the next job or the next job of a schedule is due, in microseconds since 1970; null if none waits.
create or replace function lookup.next_due()
  returns bigint language sql stable security definer set search_path = public, pg_temp as $$
  select micros(least(
    (select min(case when status = 'queued' then run_at else lease_until end) from jobs where status in ('queued', 'running')),
    (select min(next_run_at) from schedules where tenant_id is not null)))
$$;

do $$
declare
  f regprocedure;
begin
  foreach f in array array[
    'lookup.queue_scheduled_jobs(int)', 'lookup.unplanned_schedules()', 'lookup.plan_schedule(uuid, bigint, text)',
    'lookup.lease_maintenance(uuid, int)', 'lookup.extend_maintenance(uuid, text, int)', 'lookup.end_maintenance(uuid, text)',
    'lookup.tenants_to_reconcile()', 'lookup.tenants_to_reindex()', 'lookup.tenants_with_orphans()', 'lookup.remove_expired(int)'
  ]::regprocedure[] loop
    execute format('alter function %s owner to tessera_lookup', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tessera_worker', f);
  end loop;
end $$;
grant execute on function lookup.queue_scheduled_jobs(int) to tessera_scheduler;
