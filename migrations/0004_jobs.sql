-- The queue. This table is the truth; Redis only wakes the worker.

create table jobs (
  id              uuid primary key,
  tenant_id       uuid not null references tenants on delete cascade,
  kind            text not null,
  payload         jsonb not null default '{}',
  status          text not null default 'queued'
                  constraint jobs_status_known check (status in ('queued', 'running', 'succeeded', 'failed', 'dead', 'cancelled')),
  progress        int not null default 0,
  step            text,
  priority        int not null default 0,
  attempts        int not null default 0,
  max_attempts    int not null default 3,
  run_at          timestamptz not null default now(),
  lease_until     timestamptz,
  leased_by       uuid,
  cancel_asked_at timestamptz,
  error_code      text,
  error_detail    text,
  error_hint      text,
  idempotency_key text,
  space_id        uuid,
  document_id     uuid,
  created_by      uuid,
  started_at      timestamptz,
  finished_at     timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  unique (tenant_id, id),
  constraint jobs_idempotency_key unique (tenant_id, kind, idempotency_key),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
);
create index jobs_due_idx on jobs (priority desc, run_at) where status in ('queued', 'running');
create index jobs_document_idx on jobs (tenant_id, document_id);
create index jobs_space_idx on jobs (tenant_id, space_id, created_at);
select protect('jobs');

-- Which workers live; not a tenant's, and without any tenant's data.
create table worker_heartbeats (
  worker_id uuid primary key,
  started_at timestamptz not null default now(),
  seen_at    timestamptz not null default now()
);

create policy lookup on jobs to tessera_lookup using (true) with check (true);
grant select, update on jobs to tessera_lookup;

-- Takes up to p_limit due jobs, of every tenant, for p_lease_seconds. A job whose lease ran out is due again, with one attempt more;
-- after its last attempt it is dead. Tenants take turns: a tenant's n-th running job waits behind every other tenant's (n-1)-th.
create function lookup.lease_jobs(p_worker uuid, p_limit int, p_lease_seconds int)
  returns table (tenant_id uuid, job_id uuid, kind text, payload text, attempts int, max_attempts int)
  language sql volatile security definer set search_path = public, pg_temp as $$
  with running as (
    select j.tenant_id, count(*) as n from jobs j where j.status = 'running' and j.lease_until > now() group by j.tenant_id
  ), due as (
    select j.id from jobs j left join running r on r.tenant_id = j.tenant_id
     where (j.status = 'queued' and j.run_at <= now()) or (j.status = 'running' and j.lease_until <= now() and j.attempts < j.max_attempts)
     order by j.priority desc, coalesce(r.n, 0), j.run_at
     limit p_limit
     for update of j skip locked
  )
  update jobs j set status = 'running', attempts = j.attempts + 1, leased_by = p_worker,
         lease_until = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(j.started_at, now()),
         error_code = null, error_detail = null, error_hint = null
    from due where j.id = due.id
  returning j.tenant_id, j.id, j.kind, j.payload::text, j.attempts, j.max_attempts
$$;

-- Jobs that died with their worker on the last attempt; the worker turns each into a visible failure.
create function lookup.bury_jobs()
  returns table (tenant_id uuid, job_id uuid) language sql volatile security definer set search_path = public, pg_temp as $$
  update jobs j set status = 'dead', finished_at = now(), lease_until = null,
         error_code = 'worker_died', error_detail = 'the worker stopped while it did this, on the last of its attempts', error_hint = 'retry the job'
   where j.status = 'running' and j.lease_until <= now() and j.attempts >= j.max_attempts
  returning j.tenant_id, j.id
$$;

-- When the next waiting job is due, in microseconds since 1970; null where none waits.
create function lookup.next_due()
  returns bigint language sql stable security definer set search_path = public, pg_temp as $$
  select micros(min(case when status = 'queued' then run_at else lease_until end)) from jobs where status in ('queued', 'running')
$$;

alter function lookup.lease_jobs(uuid, int, int) owner to tessera_lookup;
alter function lookup.bury_jobs() owner to tessera_lookup;
alter function lookup.next_due() owner to tessera_lookup;
revoke execute on function lookup.lease_jobs(uuid, int, int), lookup.bury_jobs(), lookup.next_due() from public;
grant execute on function lookup.lease_jobs(uuid, int, int), lookup.bury_jobs(), lookup.next_due() to tessera_worker;
grant execute on function lookup.next_due() to tessera_scheduler;

grant select, insert, update on jobs to tessera_worker, tessera_workspace, tessera_upload, tessera_events;
grant select, insert, update, delete on worker_heartbeats to tessera_worker;
grant select on worker_heartbeats to tessera_health, tessera_scheduler;
