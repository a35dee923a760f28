-- Schedules: recurring jobs, and the maintenance of the installation, for the worker; queueing also for the scheduler.

-- Queues the jobs of due schedules, at most p_limit; returns how many were due. One that missed several times
-- runs once. If a job cannot be queued, the reason is stored in its schedule, and the others are not affected.
create or replace function lookup.queue_scheduled_jobs(p_limit int)
  returns bigint language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  v_due   record;
  v_count bigint := 0;
begin
  for v_due in
    select s.id, s.tenant_id, s.job from schedules s
     where s.tenant_id is not null and s.next_run_at <= now()
     order by s.next_run_at limit p_limit for update skip locked
  loop
    v_count := v_count + 1;
    begin
      perform enqueue_job(v_due.job || jsonb_build_object('id', gen_random_uuid(), 'tenant_id', v_due.tenant_id));
      update schedules s set next_run_at = null, last_run_at = now() where s.id = v_due.id;
    exception when others then
      update schedules s set next_run_at = null, error = 'its job cannot be queued: ' || sqlerrm where s.id = v_due.id;
    end;
  end loop;
  return v_count;
end $$;

-- Schedules whose next time is unknown.
drop function if exists lookup.unplanned_schedules();
create or replace function lookup.unplanned_schedules()
  returns table (schedule_id uuid, cron text, time_zone text, jitter_seconds int, not_before bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, s.cron, s.time_zone, s.jitter_seconds, micros(s.last_run_at + make_interval(secs => s.gap_seconds)) from schedules s where s.next_run_at is null and s.error is null order by s.id limit 1000
$$;

-- p_next_run_at: microseconds since 1970.
create or replace function lookup.plan_schedule(p_id uuid, p_next_run_at bigint, p_error text)
  returns void language sql volatile security definer set search_path = public, pg_temp as $$
  update schedules s set next_run_at = 'epoch'::timestamptz + p_next_run_at * interval '1 microsecond', error = p_error
   where s.id = p_id and s.next_run_at is null
$$;

-- Leases one due maintenance for p_lease_seconds; no row if another worker runs it.
create or replace function lookup.lease_maintenance(p_worker uuid, p_lease_seconds int)
  returns table (kind text) language sql volatile security definer set search_path = public, pg_temp as $$
  update schedules s set leased_by = p_worker, lease_until = now() + make_interval(secs => p_lease_seconds)
   where s.id = (
     select d.id from schedules d
      where d.tenant_id is null and d.next_run_at <= now() and (d.lease_until is null or d.lease_until <= now())
      order by d.next_run_at limit 1 for update skip locked)
  returning s.kind
$$;

create or replace function lookup.extend_maintenance(p_worker uuid, p_kind text, p_lease_seconds int)
  returns boolean language sql volatile security definer set search_path = public, pg_temp as $$
  with held as (
    update schedules s set lease_until = now() + make_interval(secs => p_lease_seconds)
     where s.tenant_id is null and s.kind = p_kind and s.leased_by = p_worker and s.lease_until > now()
    returning 1
  )
  select exists (select from held)
$$;

-- Microseconds until a schedule needs a worker, by the clock of the database: until its time, none if its next time is unknown, and
-- for maintenance not less than until its lease ends. Negative: since then. Null if there is none.
create or replace function lookup.until_next_schedule()
  returns bigint language sql stable security definer set search_path = public, pg_temp as $$
  select micros(least(
    (select min(s.next_run_at) from schedules s where s.tenant_id is not null),
    (select now() from schedules s where s.next_run_at is null and s.error is null limit 1),
    (select min(greatest(s.next_run_at, s.lease_until)) from schedules s where s.tenant_id is null and s.next_run_at is not null))) - micros(now())
$$;

-- p_failed: retry in five minutes, independent of its next time.
create or replace function lookup.end_maintenance(p_worker uuid, p_kind text, p_failed boolean)
  returns void language sql volatile security definer set search_path = public, pg_temp as $$
  update schedules s set next_run_at = case when p_failed then now() + interval '5 minutes' end,
         last_run_at = now(), leased_by = null, lease_until = null
   where s.tenant_id is null and s.kind = p_kind and s.leased_by = p_worker
$$;
