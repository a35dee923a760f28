-- Usage and quotas of every tenant, for the metrics of the worker alone. No row names a tenant or a user.

-- Calls recorded after a place, in order; p_at: microseconds since 1970, p_settled: how long a record must be there, so that none that is
-- still being written is passed over.
create or replace function lookup.usage_after(p_at bigint, p_id uuid, p_settled interval, p_limit int)
  returns table (recorded_at bigint, id uuid, model_id uuid, model_name text, attempt int, prompt_tokens bigint, cached_read_tokens bigint,
                 completion_tokens bigint, reasoning_tokens bigint, cost text, latency_ms int, first_token_ms int, outcome text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select micros(r.recorded_at), r.id, r.model_id, r.model_name, r.attempt, r.prompt_tokens, r.cached_read_tokens, r.completion_tokens,
         r.reasoning_tokens, r.cost::text, r.latency_ms, r.first_token_ms, r.outcome
    from usage_records r
   where (r.recorded_at, r.id) > ('epoch'::timestamptz + p_at * interval '1 microsecond', p_id) and r.recorded_at <= now() - p_settled
   order by r.recorded_at, r.id limit p_limit
$$;

-- Where the calls begin that are counted from now on.
create or replace function lookup.usage_end(p_settled interval) returns bigint
  language sql stable security definer set search_path = public, pg_temp as $$
  select micros(now() - p_settled)
$$;

-- Models that were called in the last hour, newest first: those whose circuit breaker may be open.
create or replace function lookup.called_models(p_limit int) returns table (model_id uuid, model_name text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select r.model_id, min(r.model_name) from usage_records r
   where r.recorded_at > now() - interval '1 hour' and r.model_id is not null group by r.model_id order by max(r.recorded_at) desc limit p_limit
$$;

-- How many quotas stand how in their current period, and how many questions they refused in it. `near`: at their alert, or at 80 %.
create or replace function lookup.quota_state() returns table (subject text, measure text, state text, quotas bigint, refused bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select q.subject, q.measure,
         case when c.used >= q.amount then 'used_up' when c.used * 100 >= q.amount * coalesce(q.alert_percent, 80) then 'near' else 'open' end,
         count(*), sum(c.refused)::bigint
    from quota_counters c join quotas q on q.tenant_id = c.tenant_id and q.id = c.quota_id
   where c.period_start >= date_trunc('month', now(), 'UTC') and c.period_start = date_trunc(q.period, now(), 'UTC')
   group by 1, 2, 3
$$;

-- Reservations that are open, and those of the last day that expired because their process died; alerts of the last day.
create or replace function lookup.quota_events() returns table (open bigint, expired bigint, near bigint, used_up bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select count(distinct r.reservation_id) filter (where r.expires_at > now()), count(distinct r.reservation_id) filter (where r.expires_at <= now()),
         (select count(*) from quota_alerts a where a.created_at > now() - interval '1 day' and a.percent < 100),
         (select count(*) from quota_alerts a where a.created_at > now() - interval '1 day' and a.percent >= 100)
    from quota_reservations r
$$;
