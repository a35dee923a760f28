-- The job queue and its schedules across tenants, for the worker alone; and enqueue_job, for every role that queues jobs.

-- Queues a job (the shape of queue::NewJob) in the calling statement, with the rights of its role. The tenant is the caller's if the job
-- names none.
create or replace function enqueue_job(p_job jsonb)
  returns uuid language sql volatile set search_path = public, pg_temp as $$
  insert into jobs (id, tenant_id, kind, payload, lane, max_attempts, space_id, document_id, created_by, traceparent)
  select j.id, coalesce(j.tenant_id, app_tenant()), j.kind, j.payload, j.lane, j.max_attempts, j.space_id, j.document_id, j.created_by, j.traceparent
    from jsonb_to_record(p_job) as j (id uuid, tenant_id uuid, kind text, payload jsonb, lane text, max_attempts int, space_id uuid,
                                      document_id uuid, created_by uuid, traceparent text);
  -- Not `returning`: a role that queues jobs need not be able to read them.
  select (p_job ->> 'id')::uuid
$$;
-- The backoff after a crash of a job's worker, in seconds: none after the first crash, then a minute, two, four ... up to an hour.
create or replace function lookup.crash_pause(p_crashes int)
  returns double precision language sql immutable set search_path = public, pg_temp as $$
  select case when p_crashes <= 1 then 0 else least(60 * 2 ^ least(p_crashes - 2, 10), 3600) end
$$;

-- A job is dead from crashes only after it crashed its worker three times while running alone.
create or replace function lookup.is_given_up(p_crashes_alone int, p_alone boolean)
  returns boolean language sql immutable set search_path = public, pg_temp as $$
  select p_alone and p_crashes_alone >= 2
$$;

-- Puts jobs whose lease expired back into the queue, and ends cancelled ones; those with too many crashes stay for bury_jobs.
create or replace function lookup.requeue_crashed_jobs()
  returns void language sql volatile security definer set search_path = public, pg_temp as $$
  update jobs j
     set status = case when j.cancel_asked_at is null then 'queued' else 'cancelled' end,
         finished_at = case when j.cancel_asked_at is not null then now() end,
         lease_until = null, alone = false, progress = 0, step = null,
         crashes = j.crashes + 1, crashes_alone = j.crashes_alone + j.alone::int,
         run_at = now() + make_interval(secs => lookup.crash_pause(j.crashes + 1))
   where j.id in (
     select c.id from jobs c
      where c.status = 'running' and c.lease_until <= now() and not lookup.is_given_up(c.crashes_alone, c.alone)
        for update skip locked)
$$;

-- Jobs that crash their workers; the worker turns each into a visible failure.
create or replace function lookup.bury_jobs()
  returns table (tenant_id uuid, job_id uuid) language sql volatile security definer set search_path = public, pg_temp as $$
  update jobs j set status = 'dead', finished_at = now(), lease_until = null,
         crashes = j.crashes + 1, crashes_alone = j.crashes_alone + 1,
         error_code = 'worker_died', error_detail = 'the worker died each time it did this, with nothing else to do', error_hint = 'retry the job'
   where j.status = 'running' and j.lease_until <= now() and lookup.is_given_up(j.crashes_alone, j.alone)
  returning j.tenant_id, j.id
$$;

-- Takes due jobs of every tenant for p_lease_seconds. p_free: the free slots of each lane, {"short": 2, "long": 2, ...}.
--
-- Fairness is a dynamic threshold: a tenant starts another job of a lane only while it runs fewer there than slots are
-- free. A tenant alone gets half of them, so one that comes later always finds a slot.
--
-- Crawls take hours: they keep no suspect job waiting, and beside its share of a worker a tenant has at most tenants.max_crawls of all workers.
--
-- A job that crashed two workers is suspect: it runs alone, so that no other job is affected, and the cause of a crash is certain.
-- An idle worker takes one at once if nothing else is due, otherwise at most one a minute over all workers, of the tenant whose
-- turn was longest ago. If one is due for half a minute, one busy worker drains for it: for two minutes, at most every ten, it
-- takes only emails.
drop function if exists lookup.lease_jobs(uuid, int, int, int);
drop function if exists lookup.lease_jobs(uuid, jsonb, int);
create or replace function lookup.lease_jobs(p_worker uuid, p_free jsonb, p_lease_seconds int)
  returns table (tenant_id uuid, job_id uuid, kind text, payload text, attempts int, crashes int, max_attempts int, lane text,
                 traceparent text)
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  v_lane  text;
  v_free  int;
  v_job   uuid;
  v_since timestamptz;
  v_busy  boolean;
  v_alone boolean;
  v_calm  boolean;
  v_drain boolean := false;
begin
  perform lookup.requeue_crashed_jobs();
  select count(*) > 0, coalesce(bool_or(r.alone), false) into v_busy, v_alone
    from jobs r where r.leased_by = p_worker and r.status = 'running' and r.lease_until > now() and (r.alone or r.lane <> 'crawl');
  if v_alone then
    return;
  end if;
  select j.id, j.run_at into v_job, v_since
    from jobs j
   where j.status = 'queued' and j.run_at <= now() and j.crashes >= 2 and (p_free ->> coalesce(j.lane, 'long'))::int > 0
   order by (select max(a.alone_at) from jobs a where a.crashes >= 2 and a.tenant_id = j.tenant_id) nulls first, j.run_at
   limit 1 for update of j skip locked;
  if v_job is not null then
    v_calm := not exists (select from jobs a where a.crashes >= 2 and a.alone_at > now() - interval '1 minute');
    if not v_busy and (v_calm or not exists (
         select from jobs o where o.status = 'queued' and o.run_at <= now() and o.crashes < 2)) then
      return query
        update jobs j
           set status = 'running', attempts = j.attempts + 1, leased_by = p_worker, alone = true, alone_at = now(),
               drain_by = null, lane = coalesce(j.lane, 'long'),
               lease_until = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(j.started_at, now()),
               error_code = null, error_detail = null, error_hint = null
         where j.id = v_job
        returning j.tenant_id, j.id, j.kind, j.payload::text, j.attempts, j.crashes, j.max_attempts, j.lane, j.traceparent;
      return;
    end if;
    if v_busy and v_since <= now() - interval '30 seconds' then
      update jobs j set drain_by = p_worker, drain_since = now()
       where j.id = v_job
         and not exists (select from jobs o where o.drain_since > now() - interval '10 minutes');
      v_drain := exists (
        select from jobs o where o.drain_by = p_worker and o.drain_since > now() - interval '2 minutes');
    end if;
  end if;
  v_job := null;
  for v_lane, v_free in
    select key, value::int from jsonb_each_text(p_free) where key = 'mail' or not v_drain order by key
  loop
    -- What another worker leases at this moment counts, too: the count of a tenant's crawls is right for one worker at a time.
    if v_lane = 'crawl' and v_free > 0
       and exists (select from jobs j where j.status = 'queued' and j.lane = 'crawl' and j.run_at <= now()) then
      perform pg_advisory_xact_lock(hashtext('lookup.lease_jobs crawl'));
    end if;
    while v_free > 0 loop
      select j.id into v_job
        from jobs j
        left join documents d on d.id = j.document_id and d.tenant_id = j.tenant_id
        left join (
          select r.tenant_id, count(*) as n from jobs r
           where r.leased_by = p_worker and r.status = 'running' and r.lease_until > now() and r.lane = v_lane
           group by r.tenant_id
        ) running on running.tenant_id = j.tenant_id
       where j.status = 'queued' and j.run_at <= now() and j.crashes < 2
         and coalesce(j.lane, case when d.size_bytes > 65536 then 'long' else 'short' end) = v_lane
         and coalesce(running.n, 0) < v_free
         and (v_lane <> 'crawl' or (select count(*) from jobs r where r.tenant_id = j.tenant_id and r.status = 'running' and r.lane = 'crawl')
                                   < (select t.max_crawls from tenants t where t.id = j.tenant_id))
       order by j.priority desc, coalesce(running.n, 0), j.run_at
       limit 1
         for update of j skip locked;
      exit when v_job is null;
      return query
        update jobs j
           set status = 'running', attempts = j.attempts + 1, leased_by = p_worker, lane = v_lane, alone = false,
               lease_until = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(j.started_at, now()),
               error_code = null, error_detail = null, error_hint = null
         where j.id = v_job
        returning j.tenant_id, j.id, j.kind, j.payload::text, j.attempts, j.crashes, j.max_attempts, j.lane, j.traceparent;
      v_free := v_free - 1;
      v_job := null;
    end loop;
  end loop;
end $$;

-- When the next job or the next job of a schedule is due, in microseconds since 1970; null if there is none.
create or replace function lookup.next_due()
  returns bigint language sql stable security definer set search_path = public, pg_temp as $$
  select micros(least(
    (select min(run_at) from jobs where status = 'queued'),
    (select min(lease_until) from jobs where status = 'running'),
    (select min(next_run_at) from schedules where tenant_id is not null)))
$$;

-- How many jobs stand how, over all tenants, for metrics: kinds and lanes are few. `lane` is null if the size of the document decides.
-- `oldest_seconds`: how long the oldest of them is due, or runs, or is dead.
create or replace function lookup.queue_state()
  returns table (kind text, lane text, status text, jobs bigint, oldest_seconds double precision)
  language sql stable security definer set search_path = public, pg_temp as $$
  select j.kind, j.lane, j.status, count(*),
         coalesce(extract(epoch from now() - min(case j.status when 'queued' then j.run_at when 'running' then j.started_at else j.finished_at end)), 0)::float8
    from jobs j
   where j.status in ('running', 'dead') or (j.status = 'queued' and j.run_at <= now())
   group by j.kind, j.lane, j.status
$$;
