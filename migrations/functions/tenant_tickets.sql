-- Tickets: tenant, actor and assistant of a connection, with an HMAC that only these functions can compute (ADR 14).
--
-- A ticket is `<hmac, 64 hex digits><tenant>|<expires, epoch seconds>|<actor>|<assistant>|<space>`. The HMAC also
-- covers the database role that it was made for.

-- HMAC-SHA256 (RFC 2104) with the key of this database.
create or replace function tenancy.hmac(p_message text) returns bytea language sql stable set search_path = public, pg_temp as $$
  select sha256(k.outer_pad || sha256(k.inner_pad || convert_to(p_message, 'UTF8'))) from tenancy.hmac_key k
$$;

-- Makes a ticket for a role. Only functions of tessera_lookup call it.
create or replace function tenancy.ticket_for(p_role text, p_tenant uuid, p_actor text, p_lifetime interval default '2 hours', p_assistant uuid default null,
                                   p_space uuid default null)
  returns text language sql stable set search_path = public, pg_temp as $$
  select encode(tenancy.hmac(p_role || '|' || c.claims), 'hex') || c.claims
    from (select concat_ws('|', p_tenant::text, extract(epoch from now() + p_lifetime)::bigint::text, p_actor, coalesce(p_assistant::text, ''),
                           coalesce(p_space::text, '')) as claims) c
$$;

-- The name of a tenant in Redis keys: not its id, and not computable from it. A component gets it with
-- the ticket.
create or replace function tenancy.redis_namespace(p_tenant uuid) returns text language sql stable set search_path = public, pg_temp as $$
  select encode(substr(tenancy.hmac('redis|' || p_tenant), 1, 16), 'hex')
$$;

-- The tenant and actor of the connection; no row without a valid ticket. A view, not a function: it is planned
-- into each statement once and evaluated once for each table (an InitPlan), which costs microseconds. It runs
-- with its owner's right to the key and shows none of it.
create or replace view tenancy.context as
  select substr(current_setting('app.ticket', true), 65, 36)::uuid as tenant_id, split_part(current_setting('app.ticket', true), '|', 3) as actor
    from tenancy.hmac_key k
   where encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(session_user || '|' || substr(current_setting('app.ticket', true), 65), 'UTF8'))),
                'hex') = left(current_setting('app.ticket', true), 64)
     and to_timestamp(nullif(split_part(current_setting('app.ticket', true), '|', 2), '')::float8) > now();

-- The tenant of the ticket; null (so: no rows) without a valid one. Write `(select app_tenant())` in
-- statements: then it runs once, not once for each row.
create or replace function app_tenant() returns uuid language sql stable parallel safe
  as $$ select c.tenant_id from tenancy.context c $$;

-- The assistant and its space that an API key is restricted to; null if it is not. These two do not check
-- the ticket: they only restrict what the tenant's policy, which does, lets through.
create or replace function app_assistant() returns uuid language sql stable parallel safe
  as $$ select nullif(split_part(current_setting('app.ticket', true), '|', 4), '')::uuid $$;
create or replace function app_assistant_space() returns uuid language sql stable parallel safe
  as $$ select nullif(split_part(current_setting('app.ticket', true), '|', 5), '')::uuid $$;

-- The worker is not a sandbox: it runs the jobs of every tenant. Its tickets last a day, because a job may take hours on one connection.
create or replace function tenancy.enter_worker(p_tenant uuid, p_from text) returns table (ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  ticket := tenancy.ticket_for(session_user, p_tenant, 'worker', interval '1 day');
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;

-- Grants to ask models for a user (ADR 26): `<hmac, 64 hex digits><tenant>|<expires, epoch seconds>|<user>|<purpose>|<ids, with commas>`.
create or replace function tenancy.grant_for(p_tenant uuid, p_user uuid, p_purpose text, p_subjects uuid[], p_lifetime interval default '1 minute')
  returns text language sql stable set search_path = public, pg_temp as $$
  select encode(tenancy.hmac('model grant|' || c.claims), 'hex') || c.claims
    from (select concat_ws('|', p_tenant::text, extract(epoch from now() + p_lifetime)::bigint::text, p_user::text, p_purpose,
                           array_to_string(p_subjects, ',')) as claims) c
$$;

-- A grant for the user of this connection's ticket, or the owner of its API key, and no other. The component that asks has checked their rights.
create or replace function tenancy.model_grant(p_purpose text, p_subjects uuid[]) returns text
  language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  v_context record;
  v_user    uuid;
begin
  select c.tenant_id, c.actor into v_context from tenancy.context c;
  v_user := case when v_context.actor ~ '^user [0-9a-f-]{36}$' then substr(v_context.actor, 6)::uuid
                 when v_context.actor ~ '^api_key [0-9a-f-]{36}$' then
                   (select k.user_id from api_keys k
                     where k.id = substr(v_context.actor, 9)::uuid and k.tenant_id = v_context.tenant_id
                       and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()))
            end;
  if v_user is null or p_purpose not in ('chat', 'rerank', 'transcription', 'administration') or cardinality(p_subjects) not between 1 and 10 then
    raise exception 'a grant is for a user or an API key with a ticket, for 1 to 10 rows' using errcode = '42501';
  end if;
  -- A component that is taken over gets grants for what it does, and no others.
  if session_user = 'tessera_upload' and p_purpose <> 'transcription' then
    raise exception 'upload may only ask for transcriptions' using errcode = '42501';
  end if;
  return tenancy.grant_for(v_context.tenant_id, v_user, p_purpose, p_subjects);
end $$;

-- The gateway enters the tenant of a grant, within its own rights. No row and no ticket: the grant is not valid, or its user or tenant not active.
create or replace function tenancy.enter_gateway(p_grant text, p_from text)
  returns table (user_id uuid, purpose text, subjects text[], ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  v_claims text := substr(p_grant, 65);
  v_parts  text[] := string_to_array(substr(p_grant, 65), '|');
begin
  perform set_config('app.ticket', '', false);
  if left(p_grant, 64) is distinct from encode(tenancy.hmac('model grant|' || v_claims), 'hex') or to_timestamp(v_parts[2]::float8) <= now() then
    return;
  end if;
  if not exists (select from users u join tenants t on t.id = u.tenant_id
                  where u.tenant_id = v_parts[1]::uuid and u.id = v_parts[3]::uuid and u.state = 'active' and u.deleted_at is null and t.state = 'active') then
    return;
  end if;
  user_id := v_parts[3]::uuid;
  purpose := v_parts[4];
  subjects := string_to_array(v_parts[5], ',');
  ticket := tenancy.ticket_for(session_user, v_parts[1]::uuid, 'gateway');
  redis_namespace := tenancy.redis_namespace(v_parts[1]::uuid);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;

-- An operator manages every tenant with their key and within the grants of `sysadmin`. The function takes the secret of the key and hashes it itself: the
-- hash in the table is no credential. No row and no ticket: the key is wrong, or was revoked.
drop function if exists tenancy.enter_operator(uuid, uuid, text);
create or replace function tenancy.enter_operator(p_tenant uuid, p_operator uuid, p_secret bytea, p_from text)
  returns table (ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform set_config('app.ticket', '', false);
  if not exists (select from operators o where o.id = p_operator and o.secret_hash = sha256(p_secret) and o.revoked_at is null) then
    return;
  end if;
  ticket := tenancy.ticket_for(session_user, p_tenant, 'operator ' || p_operator);
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;
