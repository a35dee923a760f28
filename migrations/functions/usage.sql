-- Usage of models and quotas (ADR 34): reserving, recording, releasing. They run with the owner's rights under the row-level security of the
-- caller's ticket, so that a component that asks models can neither lower a counter nor change a record. The owner is a member of tessera_lookup, whose
-- policies show every tenant's users, spaces, keys and members: each statement names the tenant.

-- Who asks: the user or key of the ticket, where it has one; else (the gateway) what the caller names, of the tenant. A key of another user is none.
create or replace function usage_caller(inout p_user uuid, inout p_api_key uuid)
  language plpgsql stable set search_path = public, pg_temp as $$
declare
  v_actor text := (select c.actor from tenancy.context c);
begin
  if v_actor ~ '^user [0-9a-f-]{36}$' then
    p_user := substr(v_actor, 6)::uuid;
    p_api_key := null;
  elsif v_actor ~ '^api_key [0-9a-f-]{36}$' then
    p_api_key := substr(v_actor, 9)::uuid;
  elsif v_actor is distinct from 'gateway' then
    raise exception 'usage is recorded for a user, a key, or by the gateway' using errcode = '42501';
  end if;
  if p_api_key is not null then
    select k.id, k.user_id into p_api_key, v_actor from api_keys k
     where k.tenant_id = (select app_tenant()) and k.id = p_api_key and (k.user_id = p_user or v_actor <> 'gateway');
    p_user := coalesce(v_actor::uuid, p_user);
  end if;
end $$;

create or replace function quota_period_start(p_period text, p_at timestamptz) returns timestamptz language sql stable set search_path = public, pg_temp as $$
  select date_trunc(p_period, p_at, 'UTC')
$$;

create or replace function quota_period_end(p_period text, p_start timestamptz) returns timestamptz language sql stable set search_path = public, pg_temp as $$
  select (p_start at time zone 'UTC' + ('1 ' || p_period)::interval) at time zone 'UTC'
$$;

-- What the records say of a quota since the beginning of a period: a counter begins with it.
create or replace function quota_recorded(p_quota quotas, p_holder uuid, p_since timestamptz) returns numeric language sql stable set search_path = public, pg_temp as $$
  select coalesce(case p_quota.measure when 'cost' then sum(r.cost)
                                       when 'tokens' then sum(r.prompt_tokens + r.completion_tokens)
                                       else count(*) filter (where r.attempt = 1 and r.purpose not in ('rerank', 'rewrite')) end, 0)
    from usage_records r
   where r.tenant_id = p_quota.tenant_id and r.created_at >= p_since
     and case p_quota.subject
           when 'tenant' then true
           when 'each_user' then r.user_id = p_holder
           when 'user' then r.user_id = p_quota.user_id
           when 'api_key' then r.api_key_id = p_quota.api_key_id
           when 'model' then r.model_id = p_quota.model_id
           else r.user_id in (select m.user_id from user_group_members m where m.tenant_id = p_quota.tenant_id and m.group_id = p_quota.group_id)
         end
$$;

-- The quotas that apply to a call, each with the holder of its counter.
create or replace function quotas_of_call(p_user uuid, p_api_key uuid, p_models uuid[]) returns setof quotas language sql stable set search_path = public, pg_temp as $$
  select q.* from quotas q
   where q.tenant_id = (select app_tenant())
     and (q.subject in ('tenant', 'each_user') or q.user_id = p_user or q.api_key_id = p_api_key or q.model_id = any (p_models)
          or q.group_id in (select m.group_id from user_group_members m where m.tenant_id = q.tenant_id and m.user_id = p_user))
$$;

-- Reserves the worst case of a call in all quotas that apply, or in none. p_cost: dollars; null: a model has no price. p_models: what may be asked.
-- No row: reserved. A row with a model: that model's quota is used up, the others are reserved. Another row: nothing is reserved, and why.
--
-- A call is let in while something of a quota is left, so that a small rest is usable: what is used never exceeds a quota by more than the
-- reservation that was let in last. All lock quotas and counters in the order of ids, so there is no deadlock, and a statement after a lock sees what
-- the holder before wrote. Quotas of requests limit questions, titles and transcriptions; a rerank is none,
-- and neither is what is a part of an answer (p_is_part). Of a shared quota, the open reservations of one user hold at most half, or else one call;
-- parts of answers aside, since one that was given up may be open when its own answer reserves.
create or replace function reserve_usage(p_reservation uuid, p_user uuid, p_api_key uuid, p_models uuid[], p_cost numeric, p_tokens bigint, p_lease interval, p_is_part boolean)
  returns table (reason text, quota_id uuid, subject text, measure text, period text, amount text, ends_at bigint, model_id uuid)
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  v_caller  record;
  v_ids     uuid[];
  v_quota   quotas;
  v_holder  uuid;
  v_start   timestamptz;
  v_used    numeric;
  v_held    numeric;
  v_own     numeric;
  v_need    numeric;
  v_parts   jsonb := '[]';
  v_blocked uuid[] := '{}';
  v_is_part boolean := p_is_part or exists (select from models m where m.tenant_id = app_tenant() and m.id = any (p_models) and m.kind = 'rerank');
begin
  select c.p_user as id, c.p_api_key as api_key into v_caller from usage_caller(p_user, p_api_key) c;
  if p_cost is null and exists (select from usage_policies p where p.tenant_id = app_tenant() and p.unpriced = 'refuse') then
    return query select 'unpriced', null::uuid, null::text, null::text, null::text, null::text, null::bigint, null::uuid;
    return;
  end if;
  v_ids := array(select l.id from (
    select q.id from quotas q
     where q.tenant_id = app_tenant() and q.id in (select a.id from quotas_of_call(v_caller.id, v_caller.api_key, p_models) a)
       and not (v_is_part and q.measure = 'requests') order by q.id for key share) l);
  for v_quota in select q.* from quotas q where q.tenant_id = app_tenant() and q.id = any (v_ids) order by q.id loop
    v_holder := case when v_quota.subject = 'each_user' then v_caller.id else v_quota.id end;
    v_start := quota_period_start(v_quota.period, now());
    v_need := case v_quota.measure when 'cost' then coalesce(p_cost, 0) when 'tokens' then p_tokens else 1 end;
    perform open_quota_counter(v_quota, v_holder, v_start);
    select c.used into v_used from quota_counters c
     where c.tenant_id = app_tenant() and c.quota_id = v_quota.id and c.holder = v_holder and c.period_start = v_start for update;
    select coalesce(sum(r.amount), 0), coalesce(sum(r.amount) filter (where r.user_id = v_caller.id and not r.is_part), 0) into v_held, v_own
      from quota_reservations r
     where r.tenant_id = app_tenant() and r.quota_id = v_quota.id and r.holder = v_holder and r.period_start = v_start and r.expires_at > clock_timestamp();
    if v_used + v_held >= v_quota.amount then
      reason := 'used_up';
    elsif v_quota.subject in ('tenant', 'group', 'model') and v_quota.measure <> 'requests' and v_own > 0 and v_own + v_need > v_quota.amount / 2 then
      reason := 'share';
    else
      v_parts := v_parts || jsonb_build_object('quota_id', v_quota.id, 'holder', v_holder, 'period_start', v_start, 'amount', v_need);
      continue;
    end if;
    update quota_counters c set refused = c.refused + 1
     where c.tenant_id = app_tenant() and c.quota_id = v_quota.id and c.holder = v_holder and c.period_start = v_start;
    v_blocked := v_blocked || v_quota.model_id;
    quota_id := v_quota.id;
    subject := v_quota.subject;
    measure := v_quota.measure;
    period := v_quota.period;
    amount := trim_scale(v_quota.amount)::text;
    ends_at := micros(quota_period_end(v_quota.period, v_start));
    model_id := v_quota.model_id;
    return next;
    if v_quota.model_id is null or p_models <@ v_blocked then
      return;
    end if;
  end loop;
  insert into quota_reservations (tenant_id, reservation_id, quota_id, holder, period_start, user_id, amount, expires_at, is_part)
  select app_tenant(), p_reservation, p.quota_id, p.holder, p.period_start, v_caller.id, p.amount, clock_timestamp() + least(p_lease, interval '1 hour'), v_is_part
    from jsonb_to_recordset(v_parts) as p (quota_id uuid, holder uuid, period_start timestamptz, amount numeric);
end $$;

-- Components of the version before call this until they are stopped.
create or replace function reserve_usage(p_reservation uuid, p_user uuid, p_api_key uuid, p_models uuid[], p_cost numeric, p_tokens bigint, p_lease interval)
  returns table (reason text, quota_id uuid, subject text, measure text, period text, amount text, ends_at bigint, model_id uuid)
  language sql volatile security definer set search_path = public, pg_temp as $$
  select * from reserve_usage(p_reservation, p_user, p_api_key, p_models, p_cost, p_tokens, p_lease, false)
$$;

-- Creates the counter of a period, if this is its first call, and removes those that nothing settles any more.
create or replace function open_quota_counter(p_quota quotas, p_holder uuid, p_start timestamptz) returns void language plpgsql volatile set search_path = public, pg_temp as $$
begin
  if exists (select from quota_counters c where c.tenant_id = p_quota.tenant_id and c.quota_id = p_quota.id and c.holder = p_holder and c.period_start = p_start) then
    return;
  end if;
  insert into quota_counters (tenant_id, quota_id, holder, period_start, used)
  values (p_quota.tenant_id, p_quota.id, p_holder, p_start, quota_recorded(p_quota, p_holder, p_start))
  on conflict do nothing;
  delete from quota_reservations r where r.tenant_id = p_quota.tenant_id and r.quota_id = p_quota.id and r.expires_at < now() - interval '1 day';
  delete from quota_counters c where c.tenant_id = p_quota.tenant_id and c.quota_id = p_quota.id and c.holder = p_holder and c.period_start < p_start - interval '2 days'
     and p_quota.period in ('minute', 'hour');
end $$;

-- Records a call (the shape of usage::UsageRecord) and counts it in the quotas of its reservation, also if that has expired. p_final: the
-- reservation ends with it. What the record refers to may be gone by now: then it is recorded without it.
create or replace function record_usage(p_record jsonb, p_reservation uuid, p_final boolean) returns void
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  v_record usage_records := jsonb_populate_record(null::usage_records, p_record);
  v_caller record;
  v_part   record;
  v_used   numeric;
begin
  select c.p_user as id, c.p_api_key as api_key into v_caller from usage_caller(v_record.user_id, v_record.api_key_id) c;
  v_record.tenant_id := app_tenant();
  v_record.user_id := v_caller.id;
  v_record.api_key_id := v_caller.api_key;
  v_record.recorded_at := clock_timestamp();
  v_record.searches := coalesce(v_record.searches, 0);
  v_record.audio_seconds := coalesce(v_record.audio_seconds, 0);
  v_record.created_at := now() - v_record.latency_ms * interval '1 millisecond';
  begin
    insert into usage_records select v_record.*;
  exception when foreign_key_violation then
    v_record.user_id := (select u.id from users u where u.tenant_id = v_record.tenant_id and u.id = v_record.user_id);
    v_record.space_id := (select s.id from spaces s where s.tenant_id = v_record.tenant_id and s.id = v_record.space_id);
    v_record.assistant_id := (select a.id from assistants a where a.tenant_id = v_record.tenant_id and a.id = v_record.assistant_id);
    v_record.api_key_id := (select k.id from api_keys k where k.tenant_id = v_record.tenant_id and k.id = v_record.api_key_id);
    insert into usage_records select v_record.*;
  end;
  for v_part in
    select r.holder, r.period_start, q.* from quota_reservations r join quotas q on q.tenant_id = r.tenant_id and q.id = r.quota_id
     where r.tenant_id = v_record.tenant_id and r.reservation_id = p_reservation and (q.model_id is null or q.model_id = v_record.model_id) order by q.id
  loop
    update quota_counters c
       set used = c.used + case v_part.measure when 'cost' then coalesce(v_record.cost, 0)
                                               when 'tokens' then v_record.prompt_tokens + v_record.completion_tokens
                                               else (v_record.attempt = 1)::int end
     where c.tenant_id = v_record.tenant_id and c.quota_id = v_part.id and c.holder = v_part.holder and c.period_start = v_part.period_start
    returning c.used into v_used;
    if v_part.alert_percent is not null then
      perform alert_quota(v_part.id, v_part.holder, v_part.period_start, t.percent, v_used)
         from (select distinct unnest(array[v_part.alert_percent, 100]) as percent) t
        where v_used * 100 >= v_part.amount * t.percent;
    end if;
  end loop;
  if p_final then
    delete from quota_reservations r where r.tenant_id = v_record.tenant_id and r.reservation_id = p_reservation;
  end if;
end $$;

-- Notes once for a period that so much of a quota is used, and queues a mail (usage::job::SendQuotaAlert) for each who gets one: administrators, but
-- for quotas that each user has apart; and the user whose own quota it is.
create or replace function alert_quota(p_quota uuid, p_holder uuid, p_start timestamptz, p_percent int, p_used numeric) returns void
  language plpgsql volatile set search_path = public, pg_temp as $$
declare
  v_alert uuid;
begin
  insert into quota_alerts (tenant_id, quota_id, holder, period_start, percent, used)
  values (app_tenant(), p_quota, p_holder, p_start, p_percent, p_used)
  on conflict do nothing returning id into v_alert;
  if v_alert is null then
    return;
  end if;
  perform enqueue_job(jsonb_build_object('id', gen_random_uuid(), 'kind', 'send_quota_alert', 'lane', 'mail', 'max_attempts', 6,
                                         'payload', jsonb_build_object('alert_id', v_alert, 'user_id', r.user_id)))
     from quota_alert_recipients(p_quota, p_holder) r;
end $$;

-- Who gets mails about a quota, at most 50: more administrators than read them.
create or replace function quota_alert_recipients(p_quota uuid, p_holder uuid) returns table (user_id uuid)
  language sql stable set search_path = public, pg_temp as $$
  select u.id from quotas q join users u on u.tenant_id = q.tenant_id
   where q.tenant_id = (select app_tenant()) and q.id = p_quota and u.state = 'active' and u.deleted_at is null
     and case q.subject when 'each_user' then u.id = p_holder when 'user' then u.id = q.user_id or u.role = 'admin' else u.role = 'admin' end
   order by u.id = q.user_id desc nulls last, u.created_at, u.id limit 50
$$;

-- Ends a reservation of which nothing was sent.
create or replace function release_usage(p_reservation uuid) returns void
  language sql volatile security definer set search_path = public, pg_temp as $$
  delete from quota_reservations r where r.tenant_id = (select app_tenant()) and r.reservation_id = p_reservation
$$;

-- What answers cost the caller, all calls of models together; nothing if the organisation does not show that. cost: the shape of
-- conversations::AnswerCost; a call without a price leaves the sum incomplete, which is not 0.
create or replace function answer_costs(p_messages uuid[]) returns table (message_id uuid, cost jsonb)
  language sql stable security definer set search_path = public, pg_temp as $$
  select r.message_id, jsonb_build_object('usd', trim_scale(sum(r.cost))::text, 'estimated', bool_or(r.tokens_estimated), 'unpriced', bool_or(r.cost is null))
    from usage_records r
   where r.tenant_id = (select app_tenant()) and r.message_id = any (p_messages)
     and r.user_id = (select c.p_user from usage_caller(null, null) c)
     and exists (select from usage_policies p where p.tenant_id = (select app_tenant()) and p.answer_costs)
   group by r.message_id
$$;
