-- The audit log: triggers write it, and each entry has the hash of the one before (ADR 6). Functions of tessera_audit,
-- the only role that writes entries.

-- The hash of an entry covers the hash of the entry before it, which makes the log a chain.
create or replace function audit.hash(e audit_entries) returns bytea language sql stable set search_path = public, pg_temp as $$
  select sha256(e.previous_hash || convert_to(jsonb_build_array(e.tenant_id, e.seq, micros(e.at), e.actor_kind, e.actor_id, e.actor_name, e.action,
    e.resource_kind, e.resource_id, e.before, e.after, e.address, e.user_agent, e.request_id)::text, 'UTF8'))
$$;

-- Adds an entry. The actor is the ticket's. Address, user agent and request id come from
-- the component.
create or replace function audit.append(p_tenant uuid, p_action text, p_kind text, p_resource text, p_before jsonb, p_after jsonb, p_actor text default null)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head  audit_heads;
  entry audit_entries;
  actor text := coalesce(p_actor, (select c.actor from tenancy.context c where c.tenant_id = p_tenant), 'system');
  place jsonb := coalesce(nullif(current_setting('app.from', true), ''), '{}')::jsonb;
begin
  select * into head from audit_heads where tenant_id = p_tenant for update;
  if not found then
    insert into audit_heads (tenant_id) values (p_tenant) on conflict do nothing;
    select * into head from audit_heads where tenant_id = p_tenant for update;
  end if;
  entry.tenant_id := p_tenant;
  entry.seq := head.seq + 1;
  -- After the lock, so that time and order agree.
  entry.at := clock_timestamp();
  entry.actor_kind := split_part(actor, ' ', 1);
  entry.actor_id := nullif(split_part(actor, ' ', 2), '')::uuid;
  entry.actor_name := case entry.actor_kind
    when 'user' then (select email from users where id = entry.actor_id and tenant_id = p_tenant)
    when 'api_key' then (select u.email || ' / ' || k.name from api_keys k join users u on u.tenant_id = k.tenant_id and u.id = k.user_id where k.id = entry.actor_id and k.tenant_id = p_tenant)
  end;
  entry.action := p_action;
  entry.resource_kind := p_kind;
  entry.resource_id := p_resource;
  entry.before := p_before;
  entry.after := p_after;
  entry.address := nullif(left(place ->> 'address', 100), '');
  entry.user_agent := nullif(left(place ->> 'user_agent', 300), '');
  entry.request_id := left(place ->> 'request_id', 128);
  entry.previous_hash := head.hash;
  entry.hash := audit.hash(entry);
  insert into audit_entries select entry.*;
  update audit_heads set seq = entry.seq, hash = entry.hash where tenant_id = p_tenant;
end $$;

-- Records events that change no row: failed sign-ins, denials, readings of the log. In the ticket's tenant
-- only. Only the trigger of a row can record that it was created, changed or deleted.
create or replace function audit.event(p_action text, p_kind text, p_resource text, p_after jsonb)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_tenant uuid := app_tenant();
begin
  if v_tenant is null then
    raise exception 'an entry of the audit log needs a tenant: the connection has no valid ticket' using errcode = '42501';
  end if;
  if p_action ~ '\.(create|update|delete)$' then
    raise exception 'only a change of a row makes an entry of this kind' using errcode = '42501';
  end if;
  perform audit.append(v_tenant, p_action, p_kind, p_resource, null, p_after);
end $$;

-- A text in the form of an entry. For a long one (an assistant's instructions have up to 20 000 characters) its
-- beginning, length and SHA-256: enough to prove the text, and a long text cannot fill the log.
create or replace function audit.kept(p_value jsonb) returns jsonb language sql immutable set search_path = public, pg_temp as $$
  select case when length(v.text) > 2000
              then jsonb_build_object('begins', left(v.text, 1000), 'characters', length(v.text),
                                      'sha256', encode(sha256(convert_to(v.text, 'UTF8')), 'hex'))
              else p_value end
    from (select p_value #>> '{}' as text) v
$$;

-- Trigger: records a change of a row. Arguments are the kind, the column that names the resource, the columns
-- to record, and those of them to mask. Long texts are shortened by audit.kept.
create or replace function audit.row() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  columns text[] := string_to_array(tg_argv[2], ',');
  masked  text[] := string_to_array(tg_argv[3], ',');
  was     jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  is_now  jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  tenant  uuid := coalesce(is_now, was) ->> case when tg_table_name = 'tenants' then 'id' else 'tenant_id' end;
  verb    text := case tg_op when 'INSERT' then 'create' when 'UPDATE' then 'update' else 'delete' end;
  actor   text;
  before  jsonb;
  after   jsonb;
begin
  -- Deleting a tenant deletes its log.
  if not exists (select from tenants where id = tenant) then
    return null;
  end if;
  select jsonb_object_agg(c, case when c = any (masked) and was -> c <> 'null' then '"***"' else audit.kept(was -> c) end) filter (where was is not null),
         jsonb_object_agg(c, case when c = any (masked) and is_now -> c <> 'null' then '"***"' else audit.kept(is_now -> c) end) filter (where is_now is not null)
    into before, after
    from unnest(columns) c
   where tg_op <> 'UPDATE' or was -> c is distinct from is_now -> c;
  if tg_op = 'UPDATE' and before is null then
    return null;
  end if;
  -- A sign-in has no user before it succeeds.
  if tg_table_name = 'sessions' and tg_op = 'INSERT' then
    actor := 'user ' || (is_now ->> 'user_id');
  end if;
  perform audit.append(tenant, tg_argv[0] || '.' || verb, tg_argv[0], coalesce(is_now, was) ->> tg_argv[1], before, after, actor);
  return null;
end $$;

-- Makes a table write the log. At the end of the transaction, so that the chain's lock is the last one taken and
-- held briefly. `verbs`: the deletion of expired rows by the worker is not
-- recorded. Numbered files call it; existing tables keep their trigger.
create or replace function audited(name regclass, kind text, id_column text, columns text, masked text default '', verbs text default 'insert or delete or')
  returns void language plpgsql as $$
begin
  execute format('create constraint trigger audit after %s update of %s on %s deferrable initially deferred
                  for each row execute function audit.row(%L, %L, %L, %L)', verbs, columns, name, kind, id_column, columns, masked);
end $$;

-- Verifies the chain of the ticket's tenant from the entry after p_after (0: from its beginning), at most p_limit
-- entries: returns their number, the last of them, the first that does not fit, and whether more entries
-- follow. The hash that the first one has to follow is read from the table, never taken from the caller; so all
-- batches fit if and only if the complete chain does.
create or replace function audit.verify(p_after bigint, p_limit int)
  returns table (entries bigint, last_seq bigint, first_broken bigint, more boolean, head_seq bigint, head_hash bytea)
  language sql stable security definer set search_path = public, pg_temp as $$
  with head as (
    -- A missing head counts as one without entries.
    select coalesce(h.seq, 0) as seq, coalesce(h.hash, '\x') as hash, coalesce(h.base_seq, 0) as base_seq, coalesce(h.base_hash, '\x') as base_hash
      from (select app_tenant() as tenant_id) t left join audit_heads h on h.tenant_id = t.tenant_id
  ), link as (
    -- Older entries may have been purged since the previous batch: then the chain begins later.
    select greatest(p_after, base_seq) as seq,
           case when p_after > base_seq then (select e.hash from audit_entries e where e.tenant_id = app_tenant() and e.seq = p_after)
                else base_hash end as hash
      from head
  ), piece as (
    select e.seq, e.hash, e.previous_hash, audit.hash(e) as expected
      from audit_entries e where e.tenant_id = app_tenant() and e.seq > p_after order by e.seq limit p_limit
  ), chain as (
    select p.*, lag(p.seq, 1, l.seq) over w as seq_before, lag(p.hash, 1, l.hash) over w as hash_before
      from piece p, link l window w as (order by p.seq)
  ), ending as (
    select count(*) as entries, coalesce(max(seq), (select seq from link)) as seq,
           coalesce((select hash from chain order by seq desc limit 1), (select hash from link)) as hash
      from chain
  ), rest as (
    select exists (select from audit_entries e where e.tenant_id = app_tenant() and e.seq > (select seq from ending)) as more
  )
  select n.entries, n.seq,
         coalesce((select min(seq) from chain where hash <> expected or previous_hash is distinct from hash_before or seq <> seq_before + 1),
                  -- Entries are cut off at the end: the head has a higher number.
                  case when not r.more and (h.seq, h.hash) is distinct from (n.seq, n.hash) then n.seq + 1 end),
         r.more, h.seq, h.hash
    from head h, ending n, rest r
$$;

-- Deletes entries older than the tenant's retention time, from the beginning of the chain, at most p_limit; the
-- chain then begins later.
create or replace function audit.purge(p_limit int) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
  keep_from timestamptz := now() - (select make_interval(days => audit_retention_days) from tenants where id = app_tenant());
  last      audit_entries;
  gone      bigint;
begin
  perform from audit_heads where tenant_id = app_tenant() for update;
  select * into last from (
    select * from audit_entries where tenant_id = app_tenant() order by seq limit p_limit
  ) oldest where at < keep_from and not exists (
    select from audit_entries e where e.tenant_id = app_tenant() and e.seq < oldest.seq and e.at >= keep_from
  ) order by seq desc limit 1;
  if not found then
    return 0;
  end if;
  delete from audit_entries where tenant_id = app_tenant() and seq <= last.seq;
  get diagnostics gone = row_count;
  update audit_heads set base_seq = last.seq, base_hash = last.hash where tenant_id = app_tenant();
  return gone;
end $$;
