-- A component cannot choose its tenant. Until now the tenant and the actor were settings that any SQL client may set. Now they stand in a ticket:
-- a text with an HMAC that only the functions below can make. Policies and the audit log believe nothing else (docs/adr/0014-tenant-tickets.md).
--
-- A ticket is `<hmac, 64 hex digits><tenant>|<expires, epoch seconds>|<actor>|<assistant>|<space>`. The HMAC also covers the database role that it
-- was made for. It sits in the setting `app.ticket`; on another connection the same role may set it again until it expires.

create schema tenancy;
grant usage on schema tenancy to public;
grant create on schema tenancy to tessera_lookup;

-- HMAC-SHA256 needs the key twice, padded to a block of 64 bytes (RFC 2104). Postgres without pgcrypto has sha256() alone, so the pads are kept ready.
create table tenancy.hmac_key (
  inner_pad bytea not null,
  outer_pad bytea not null
);
do $$
declare
  -- gen_random_uuid() draws on the system's random numbers: 122 bits each.
  v_key   bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) || decode(repeat('00', 32), 'hex');
  v_inner bytea := v_key;
  v_outer bytea := v_key;
begin
  for i in 0..63 loop
    v_inner := set_byte(v_inner, i, get_byte(v_key, i) # 54);
    v_outer := set_byte(v_outer, i, get_byte(v_key, i) # 92);
  end loop;
  insert into tenancy.hmac_key values (v_inner, v_outer);
end $$;
grant select on tenancy.hmac_key to tessera_lookup;

create function tenancy.hmac(p_message text) returns bytea language sql stable set search_path = public, pg_temp as $$
  select sha256(k.outer_pad || sha256(k.inner_pad || convert_to(p_message, 'UTF8'))) from tenancy.hmac_key k
$$;

-- Makes a ticket for a role. Only functions of tessera_lookup call it.
create function tenancy.ticket_for(p_role text, p_tenant uuid, p_actor text, p_lifetime interval default '2 hours', p_assistant uuid default null,
                                   p_space uuid default null)
  returns text language sql stable set search_path = public, pg_temp as $$
  select encode(tenancy.hmac(p_role || '|' || c.claims), 'hex') || c.claims
    from (select concat_ws('|', p_tenant::text, extract(epoch from now() + p_lifetime)::bigint::text, p_actor, coalesce(p_assistant::text, ''),
                           coalesce(p_space::text, '')) as claims) c
$$;

-- What Redis keys call a tenant: not its id, and nothing that can be computed from it. A component learns it with the ticket.
create function tenancy.redis_namespace(p_tenant uuid) returns text language sql stable set search_path = public, pg_temp as $$
  select encode(substr(tenancy.hmac('redis|' || p_tenant), 1, 16), 'hex')
$$;

-- The tenant and actor of the connection; no row without a good ticket. A view, not a function: it is planned into each statement once and evaluated
-- once for each table (an InitPlan), which costs microseconds. It runs with its owner's right to the key and shows none of it.
create view tenancy.context as
  select substr(current_setting('app.ticket', true), 65, 36)::uuid as tenant_id, split_part(current_setting('app.ticket', true), '|', 3) as actor
    from tenancy.hmac_key k
   where encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(session_user || '|' || substr(current_setting('app.ticket', true), 65), 'UTF8'))),
                'hex') = left(current_setting('app.ticket', true), 64)
     and to_timestamp(nullif(split_part(current_setting('app.ticket', true), '|', 2), '')::float8) > now();

alter function tenancy.hmac(text) owner to tessera_lookup;
alter function tenancy.ticket_for(text, uuid, text, interval, uuid, uuid) owner to tessera_lookup;
alter function tenancy.redis_namespace(uuid) owner to tessera_lookup;
alter view tenancy.context owner to tessera_lookup;
revoke execute on all functions in schema tenancy from public;
grant select on tenancy.context to public;

-- ---------------------------------------------------------------- who reads the ticket

-- Write `(select app_tenant())` in statements: then it runs once, not once for each row.
create or replace function app_tenant() returns uuid language sql stable parallel safe
  as $$ select c.tenant_id from tenancy.context c $$;
-- These two do not check the ticket. They only restrict what the tenant's policy, which does, lets through.
create or replace function app_assistant() returns uuid language sql stable parallel safe
  as $$ select nullif(split_part(current_setting('app.ticket', true), '|', 4), '')::uuid $$;
create or replace function app_assistant_space() returns uuid language sql stable parallel safe
  as $$ select nullif(split_part(current_setting('app.ticket', true), '|', 5), '')::uuid $$;

create or replace function protect(name regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy tenant on %s using (tenant_id = (select c.tenant_id from tenancy.context c))
                  with check (tenant_id = (select c.tenant_id from tenancy.context c))', name);
  if exists (select from pg_attribute where attrelid = name and attname = 'updated_at' and not attisdropped) then
    execute format('create trigger touch before update on %s for each row execute function touch()', name);
  end if;
end $$;

do $$
declare
  v_table regclass;
begin
  for v_table in select polrelid from pg_policy where polname = 'tenant' and polrelid <> 'tenants'::regclass loop
    execute format('alter policy tenant on %s using (tenant_id = (select c.tenant_id from tenancy.context c))
                    with check (tenant_id = (select c.tenant_id from tenancy.context c))', v_table);
  end loop;
end $$;
alter policy tenant on tenants using (id = (select c.tenant_id from tenancy.context c)) with check (id = (select c.tenant_id from tenancy.context c));

-- ---------------------------------------------------------------- entrances: by a credential

-- The functions look before there is a ticket; until now they set the tenant before they looked. Each names the tenant itself.
create policy lookup on api_keys to tessera_lookup using (true) with check (true);
create policy lookup on roles for select to tessera_lookup using (true);
create policy lookup on assistants for select to tessera_lookup using (true);
create policy lookup on spaces for select to tessera_lookup using (true);
create policy lookup on space_members for select to tessera_lookup using (true);
create policy lookup on space_groups for select to tessera_lookup using (true);
create policy lookup on user_group_members for select to tessera_lookup using (true);

drop function open_request(uuid, uuid, uuid, text);
-- Opens a request for a session: sets the ticket and where the request comes from on this connection, and answers whom the session belongs to, in
-- one round trip. No row and no ticket: the session was revoked or has expired, or its user or tenant is no longer active.
create function open_request(p_tenant uuid, p_session uuid, p_user uuid, p_from text)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[], ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  select u.id, u.email, u.display_name, u.role, r.permissions, micros(u.created_at), micros(u.updated_at), t.slug, t.name, t.allowed_origins
    into user_id, email, display_name, role, permissions, created_at, updated_at, tenant_slug, tenant_name, allowed_origins
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
    left join roles r on r.tenant_id = u.tenant_id and r.id = u.custom_role_id
   where s.id = p_session and s.tenant_id = p_tenant and s.user_id = p_user
     and s.revoked_at is null and s.expires_at > now()
     and u.state = 'active' and u.deleted_at is null and t.state = 'active';
  if not found then
    perform set_config('app.ticket', '', false);
    return;
  end if;
  ticket := tenancy.ticket_for(session_user, p_tenant, 'user ' || p_user);
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;

drop function open_request_by_key(uuid, uuid, bytea, text);
drop function open_request_by_key(uuid, uuid, bytea, text, boolean);
-- The same for an API key; `limited` when it is used more often than it may be. The ticket of a key for one assistant names that one; there is none
-- when the assistant is out of its owner's reach. `p_again`: looks only, counts nothing, and never says `limited`.
create function open_request_by_key(p_tenant uuid, p_key uuid, p_secret_hash bytea, p_from text, p_again boolean)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[], scopes text[], limited boolean,
                 assistant_id uuid, assistant_space_id uuid, space_role text, published boolean, ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  perform set_config('app.ticket', '', false);
  if not p_again then
    update api_keys k
       set last_used_at = now(),
           minute_began = case when k.minute_began > now() - interval '1 minute' then k.minute_began else now() end,
           minute_count = case when k.minute_began > now() - interval '1 minute' then k.minute_count + 1 else 1 end
     where k.id = p_key and k.tenant_id = p_tenant and k.secret_hash = p_secret_hash;
  end if;
  select u.id, u.email, u.display_name, u.role, r.permissions, micros(u.created_at), micros(u.updated_at), t.slug, t.name, t.allowed_origins,
         k.scopes, not p_again and k.minute_count > k.requests_per_minute, k.assistant_id
    into user_id, email, display_name, role, permissions, created_at, updated_at, tenant_slug, tenant_name, allowed_origins,
         scopes, limited, assistant_id
    from api_keys k
    join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
    join tenants t on t.id = k.tenant_id
    left join roles r on r.tenant_id = u.tenant_id and r.id = u.custom_role_id
   where k.id = p_key and k.tenant_id = p_tenant and k.secret_hash = p_secret_hash
     and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
     and u.state = 'active' and u.deleted_at is null and t.state = 'active';
  if not found then
    return;
  end if;
  if assistant_id is not null then
    select a.space_id, r.role, a.published into assistant_space_id, space_role, published
      from assistants a join space_roles r on r.space_id = a.space_id and r.user_id = open_request_by_key.user_id
     where a.id = open_request_by_key.assistant_id and a.tenant_id = p_tenant and a.deleted_at is null;
  end if;
  if assistant_id is null or space_role is not null then
    ticket := tenancy.ticket_for(session_user, p_tenant, 'api_key ' || p_key, p_assistant => assistant_id, p_space => assistant_space_id);
    redis_namespace := tenancy.redis_namespace(p_tenant);
    perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  end if;
  return next;
end $$;

drop function open_scim(uuid, bytea, text);
-- Opens a directory's request, as above. No row and no ticket: the token is wrong or was revoked, or the tenant is suspended.
create function open_scim(p_tenant uuid, p_hash bytea, p_from text) returns table (scim_token_id uuid, ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  select k.id into scim_token_id from scim_tokens k join tenants t on t.id = k.tenant_id
   where k.tenant_id = p_tenant and k.token_hash = p_hash and t.state = 'active';
  if not found then
    perform set_config('app.ticket', '', false);
    return;
  end if;
  -- To the minute, so that a directory's thousand requests do not write a thousand times.
  update scim_tokens k set last_used_at = now()
   where k.id = scim_token_id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  ticket := tenancy.ticket_for(session_user, p_tenant, 'scim ' || scim_token_id);
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;
create policy lookup on scim_tokens to tessera_lookup using (true) with check (true);
grant select (id, tenant_id, token_hash, last_used_at), update (last_used_at) on scim_tokens to tessera_lookup;
revoke select, update on scim_tokens from tessera_scim;
revoke select on tenants from tessera_scim;

-- ---------------------------------------------------------------- entrances: before there is a credential

-- Each look-up that finds a tenant gives an entrance with it: a ticket in nobody's name, for the role that asked. So `passwords` gets into the tenants
-- of addresses and links that are shown to it, and `auth` into those of sessions and of providers; neither into one whose id it merely knows.

drop function lookup.sign_in(text, text);
create function lookup.sign_in(p_email text, p_tenant_slug text)
  returns table (tenant_id uuid, user_id uuid, password_hash text, device_epoch int, entrance text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select u.tenant_id, u.id, u.password_hash, u.device_epoch, tenancy.ticket_for(session_user, u.tenant_id, 'anonymous')
    from users u join tenants t on t.id = u.tenant_id
   where u.email = p_email and u.deleted_at is null and u.state = 'active' and t.state = 'active'
     and (p_tenant_slug is null or t.slug = p_tenant_slug)
   order by u.tenant_id limit 10
$$;

drop function lookup.session_tenant(uuid);
create function lookup.session_tenant(p_session uuid)
  returns table (tenant_id uuid, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select s.tenant_id, tenancy.ticket_for(session_user, s.tenant_id, 'anonymous') from sessions s where s.id = p_session
$$;

drop function lookup.link_tenant(bytea);
create function lookup.link_tenant(p_token_hash bytea)
  returns table (tenant_id uuid, link_id uuid, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select l.tenant_id, l.id, tenancy.ticket_for(session_user, l.tenant_id, 'anonymous')
    from one_time_links l where l.token_hash = p_token_hash and l.used_at is null and l.expires_at > now()
$$;

drop function lookup.federation(text);
create function lookup.federation(p_slug text)
  returns table (tenant_id uuid, slug text, provider text, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select t.id, t.slug, f.provider, tenancy.ticket_for(session_user, t.id, 'anonymous')
    from tenants t join federations f on f.tenant_id = t.id
   where t.state = 'active' and f.enabled and (t.slug = p_slug or (p_slug is null and (select count(*) from tenants) = 1))
$$;

drop function lookup.federated_sessions(text, text, text, text);
create function lookup.federated_sessions(p_issuer text, p_client_id text, p_subject text, p_sid text)
  returns table (tenant_id uuid, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select s.tenant_id, tenancy.ticket_for(session_user, s.tenant_id, 'anonymous')
    from (select distinct s.tenant_id from sessions s
           where s.oidc_issuer = p_issuer and s.oidc_client_id = p_client_id and s.revoked_at is null
             and (p_subject is null or s.oidc_subject = p_subject) and (p_sid is null or s.oidc_sid = p_sid)
             and (p_subject is not null or p_sid is not null)) s
$$;

alter function lookup.sign_in(text, text) owner to tessera_lookup;
alter function lookup.session_tenant(uuid) owner to tessera_lookup;
alter function lookup.link_tenant(bytea) owner to tessera_lookup;
alter function lookup.federation(text) owner to tessera_lookup;
alter function lookup.federated_sessions(text, text, text, text) owner to tessera_lookup;
revoke execute on function lookup.sign_in(text, text), lookup.session_tenant(uuid), lookup.link_tenant(bytea), lookup.federation(text),
  lookup.federated_sessions(text, text, text, text) from public;
grant execute on function lookup.sign_in(text, text), lookup.link_tenant(bytea) to tessera_passwords;
grant execute on function lookup.session_tenant(uuid), lookup.federation(text), lookup.federated_sessions(text, text, text, text) to tessera_auth;

-- ---------------------------------------------------------------- entrances: the worker, and operators

-- The worker is no sandbox: it does the jobs of every tenant. Its tickets last a day, because a job may take hours on one connection.
create function tenancy.enter_worker(p_tenant uuid, p_from text) returns table (ticket text, redis_namespace text)
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  ticket := tenancy.ticket_for(session_user, p_tenant, 'worker', interval '1 day');
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;

-- An operator looks after every tenant, within the grants of `sysadmin`, and while their key lives.
create function tenancy.enter_operator(p_tenant uuid, p_operator uuid, p_from text) returns table (ticket text, redis_namespace text)
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
grant select (id, revoked_at) on operators to tessera_lookup;

alter function tenancy.enter_worker(uuid, text) owner to tessera_lookup;
alter function tenancy.enter_operator(uuid, uuid, text) owner to tessera_lookup;
revoke execute on function tenancy.enter_worker(uuid, text), tenancy.enter_operator(uuid, uuid, text) from public;
grant execute on function tenancy.enter_worker(uuid, text) to tessera_worker;
grant execute on function tenancy.enter_operator(uuid, uuid, text) to tessera_sysadmin;

grant create on schema public to tessera_lookup;
alter function open_request(uuid, uuid, uuid, text) owner to tessera_lookup;
alter function open_request_by_key(uuid, uuid, bytea, text, boolean) owner to tessera_lookup;
alter function open_scim(uuid, bytea, text) owner to tessera_lookup;
revoke create on schema public from tessera_lookup;
revoke create on schema tenancy from tessera_lookup;
revoke execute on function open_request(uuid, uuid, uuid, text), open_request_by_key(uuid, uuid, bytea, text, boolean), open_scim(uuid, bytea, text)
  from public;
grant execute on function open_request(uuid, uuid, uuid, text), open_request_by_key(uuid, uuid, bytea, text, boolean) to
  tessera_auth, tessera_passwords, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant execute on function open_scim(uuid, bytea, text) to tessera_scim;

-- ---------------------------------------------------------------- the audit log

-- As before (0011), but the actor is the ticket's. Address, user agent and request id are what the component says of the request.
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
    when 'api_key' then (select u.email || ' / ' || k.name from api_keys k join users u on u.id = k.user_id where k.id = entry.actor_id and k.tenant_id = p_tenant)
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

-- As before, in the ticket's tenant only. That a row was made, changed or deleted is said by the row's trigger alone.
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

-- ---------------------------------------------------------------- search

-- As before (0006); the tenant is the ticket's, read once.
create or replace function lookup.lexeme_matches(query tsquery, collections uuid[], cap bigint) returns setof uuid
language sql stable security definer set search_path = public, pg_temp rows 500 as $$
  select c.id from chunks c
   where c.tsv @@ (query && (
           case when cardinality(collections) > 64 then quote_literal('@' || (select app_tenant()))
           else (select string_agg(quote_literal('@' || i), ' | ') from unnest(collections) as i) end)::tsquery)
     and c.tenant_id = (select app_tenant()) and c.collection_id = any (collections)
   limit cap $$;
