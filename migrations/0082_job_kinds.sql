-- Kinds of jobs are types in Rust; a statement queues one by enqueue_job. Lanes are a list, each with slots of its own.

alter table jobs drop constraint jobs_lane_known, add constraint jobs_lane_known check (lane in ('short', 'long', 'mail'));

-- Queues a job (the shape of queue::NewJob) in the statement that calls it, with the rights of its role. The tenant is the caller's if the job
-- names none.
create function enqueue_job(p_job jsonb)
  returns uuid language sql volatile set search_path = public, pg_temp as $$
  insert into jobs (id, tenant_id, kind, payload, lane, max_attempts, space_id, document_id, created_by)
  select j.id, coalesce(j.tenant_id, app_tenant()), j.kind, j.payload, j.lane, j.max_attempts, j.space_id, j.document_id, j.created_by
    from jsonb_to_record(p_job) as j (id uuid, tenant_id uuid, kind text, payload jsonb, lane text, max_attempts int, space_id uuid,
                                      document_id uuid, created_by uuid);
  -- Not `returning`: who may queue a job need not be able to read it.
  select (p_job ->> 'id')::uuid
$$;
revoke execute on function enqueue_job(jsonb) from public;
grant execute on function enqueue_job(jsonb) to tessera_admin, tessera_workspace, tessera_upload, tessera_lookup;
grant insert (lane, space_id, document_id) on jobs to tessera_admin;

-- p_job: what the jobs have in common.
drop function lookup.queue_resets();
create function lookup.queue_resets(p_job jsonb)
  returns bigint language sql volatile security definer set search_path = public, pg_temp as $$
  with taken as (
    delete from reset_requests
     where id in (select r.id from reset_requests r order by r.created_at limit 100 for update skip locked)
    returning email, tenant_slug, created_at
  ), found as (
    select distinct u.tenant_id, u.id
      from taken r join users u on u.email = r.email join tenants t on t.id = u.tenant_id
     where r.created_at > now() - interval '1 hour' and (r.tenant_slug is null or r.tenant_slug = t.slug)
       and u.state = 'active' and u.deleted_at is null and u.password_hash is not null and t.state = 'active'
  ), queued as (
    select enqueue_job(p_job || jsonb_build_object(
             'id', gen_random_uuid(), 'tenant_id', f.tenant_id, 'payload', jsonb_build_object('mail', 'reset', 'user_id', f.id)))
      from found f
  )
  select count(*) from queued
$$;
alter function lookup.queue_resets(jsonb) owner to tessera_lookup;
revoke execute on function lookup.queue_resets(jsonb) from public;
grant execute on function lookup.queue_resets(jsonb) to tessera_worker;

-- As before, with the free slots of each lane in p_free: {"short": 2, "long": 2, ...}.
drop function lookup.lease_jobs(uuid, int, int, int);
create function lookup.lease_jobs(p_worker uuid, p_free jsonb, p_lease_seconds int)
  returns table (tenant_id uuid, job_id uuid, kind text, payload text, attempts int, crashes int, max_attempts int, lane text)
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  v_lane  text;
  v_free  int;
  v_job   uuid;
  v_busy  boolean;
  v_alone boolean;
  v_since timestamptz;
begin
  perform lookup.requeue_crashed_jobs();
  select count(*) > 0, coalesce(bool_or(r.alone), false) into v_busy, v_alone
    from jobs r where r.leased_by = p_worker and r.status = 'running' and r.lease_until > now();
  if v_alone then
    return;
  end if;
  select j.id, j.run_at into v_job, v_since
    from jobs j where j.status = 'queued' and j.run_at <= now() and j.crashes >= 2
   order by j.run_at limit 1 for update skip locked;
  if v_job is not null and not v_busy then
    return query
      update jobs j
         set status = 'running', attempts = j.attempts + 1, leased_by = p_worker, alone = true, alone_at = now(),
             lane = coalesce(j.lane, 'long'),
             lease_until = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(j.started_at, now()),
             error_code = null, error_detail = null, error_hint = null
       where j.id = v_job
      returning j.tenant_id, j.id, j.kind, j.payload::text, j.attempts, j.crashes, j.max_attempts, j.lane;
    return;
  elsif v_since <= now() - interval '30 seconds'
        and not exists (select from jobs a where a.crashes >= 2 and a.alone_at > now() - interval '1 minute') then
    return;
  end if;
  v_job := null;
  for v_lane, v_free in select key, value::int from jsonb_each_text(p_free) order by key loop
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
        returning j.tenant_id, j.id, j.kind, j.payload::text, j.attempts, j.crashes, j.max_attempts, j.lane;
      v_free := v_free - 1;
      v_job := null;
    end loop;
  end loop;
end $$;

alter function lookup.lease_jobs(uuid, jsonb, int) owner to tessera_lookup;
revoke execute on function lookup.lease_jobs(uuid, jsonb, int) from public;
grant execute on function lookup.lease_jobs(uuid, jsonb, int) to tessera_worker;
