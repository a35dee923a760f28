-- The job queue across tenants, for the worker alone.

-- Takes due jobs of every tenant for p_lease_seconds. p_short and p_long are the free places of the worker's two lanes.
--
-- Fairness is a dynamic threshold: a tenant starts another job of a lane only while it runs fewer there than places are
-- free. A tenant alone gets half of them, so one that comes later always finds a place.
--
-- A job whose lease ran out is due again, with one attempt more; as long as attempts remain.
create or replace function lookup.lease_jobs(p_worker uuid, p_short int, p_long int, p_lease_seconds int)
  returns table (tenant_id uuid, job_id uuid, kind text, payload text, attempts int, max_attempts int, lane text)
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  v_lane text;
  v_free int;
  v_job  uuid;
begin
  foreach v_lane in array array['short', 'long'] loop
    v_free := case v_lane when 'short' then p_short else p_long end;
    while v_free > 0 loop
      select j.id into v_job
        from jobs j
        left join documents d on d.id = j.document_id and d.tenant_id = j.tenant_id
        left join (
          select r.tenant_id, count(*) as n from jobs r
           where r.leased_by = p_worker and r.status = 'running' and r.lease_until > now() and r.lane = v_lane
           group by r.tenant_id
        ) running on running.tenant_id = j.tenant_id
       where ((j.status = 'queued' and j.run_at <= now())
              or (j.status = 'running' and j.lease_until <= now() and j.attempts < j.max_attempts))
         and coalesce(j.lane, case when d.size_bytes > 65536 then 'long' else 'short' end) = v_lane
         and coalesce(running.n, 0) < v_free
       order by j.priority desc, coalesce(running.n, 0), j.run_at
       limit 1
         for update of j skip locked;
      exit when v_job is null;
      return query
        update jobs j
           set status = 'running', attempts = j.attempts + 1, leased_by = p_worker, lane = v_lane,
               lease_until = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(j.started_at, now()),
               error_code = null, error_detail = null, error_hint = null
         where j.id = v_job
        returning j.tenant_id, j.id, j.kind, j.payload::text, j.attempts, j.max_attempts, j.lane;
      v_free := v_free - 1;
      v_job := null;
    end loop;
  end loop;
end $$;

-- Jobs that died with their worker on the last attempt; the worker turns each into a visible failure.
create or replace function lookup.bury_jobs()
  returns table (tenant_id uuid, job_id uuid) language sql volatile security definer set search_path = public, pg_temp as $$
  update jobs j set status = 'dead', finished_at = now(), lease_until = null,
         error_code = 'worker_died', error_detail = 'the worker stopped while it did this, on the last of its attempts', error_hint = 'retry the job'
   where j.status = 'running' and j.lease_until <= now() and j.attempts >= j.max_attempts
  returning j.tenant_id, j.id
$$;

-- When the next waiting job is due, in microseconds since 1970; null if none waits.
create or replace function lookup.next_due()
  returns bigint language sql stable security definer set search_path = public, pg_temp as $$
  select micros(min(case when status = 'queued' then run_at else lease_until end)) from jobs where status in ('queued', 'running')
$$;
