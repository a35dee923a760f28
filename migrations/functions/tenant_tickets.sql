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

-- The gateway asks models for the users of every tenant; a component that holds the key of grants has checked their rights. It reads the rows
-- of models, within the grants of `gateway`. No row and no ticket: the user or the tenant is not active.
create or replace function tenancy.enter_gateway(p_tenant uuid, p_user uuid, p_from text) returns table (ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select from users u join tenants t on t.id = u.tenant_id
                  where u.tenant_id = p_tenant and u.id = p_user and u.state = 'active' and u.deleted_at is null and t.state = 'active') then
    perform set_config('app.ticket', '', false);
    return;
  end if;
  ticket := tenancy.ticket_for(session_user, p_tenant, 'gateway');
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;

-- An operator manages every tenant, within the grants of `sysadmin`, and while their key is valid.
create or replace function tenancy.enter_operator(p_tenant uuid, p_operator uuid, p_from text) returns table (ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select from operators o where o.id = p_operator and o.revoked_at is null) then
    raise exception 'there is no such operator' using errcode = '42501';
  end if;
  ticket := tenancy.ticket_for(session_user, p_tenant, 'operator ' || p_operator);
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;
