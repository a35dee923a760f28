-- Authentication of a request by a session, an API key, a directory's token or an operator's key, in one statement (ADR 2). Each function
-- reads before there is a ticket, as tessera_lookup, so each compares the tenant itself.

-- Authenticates a request by its session: sets the ticket and the origin of the request on this connection,
-- and returns the session's user, in one round trip. No row and no ticket: the session was revoked or has
-- expired, or its user or tenant is no longer active.
create or replace function open_request(p_tenant uuid, p_session uuid, p_user uuid, p_from text)
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

-- The same for an API key; `limited` if it exceeds its rate limit. The ticket of a key for one
-- assistant names that assistant; there is none if its owner may not use the assistant. `p_again`: only checks,
-- counts nothing, and never returns `limited`. The last three columns: the key's limit per minute, its uses in
-- this minute, and when the minute ends (microseconds since 1970).
drop function if exists open_request_by_key(uuid, uuid, bytea, text, boolean);
create or replace function open_request_by_key(p_tenant uuid, p_key uuid, p_secret_hash bytea, p_from text, p_again boolean)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[], scopes text[], limited boolean,
                 assistant_id uuid, assistant_space_id uuid, space_role text, published boolean, ticket text, redis_namespace text,
                 requests_per_minute int, minute_count int, minute_ends bigint)
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
         k.scopes, not p_again and k.minute_count > k.requests_per_minute, k.assistant_id,
         k.requests_per_minute, k.minute_count, micros(k.minute_began + interval '1 minute')
    into user_id, email, display_name, role, permissions, created_at, updated_at, tenant_slug, tenant_name, allowed_origins,
         scopes, limited, assistant_id, requests_per_minute, minute_count, minute_ends
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

-- The same for a directory's token. No row and no ticket: the token is wrong or was revoked, or the tenant is
-- suspended.
create or replace function open_scim(p_tenant uuid, p_hash bytea, p_from text) returns table (scim_token_id uuid, ticket text, redis_namespace text)
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
   where k.id = scim_token_id and k.tenant_id = p_tenant and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  ticket := tenancy.ticket_for(session_user, p_tenant, 'scim ' || scim_token_id);
  redis_namespace := tenancy.redis_namespace(p_tenant);
  perform set_config('app.ticket', ticket, false), set_config('app.from', p_from, false);
  return next;
end $$;

-- An operator by their key, outside every tenant; notes its use at most once a minute. `sysadmin` has no right to the table. The
-- secret is hashed here, so that a hash is no credential. No row: the key is wrong, or was revoked.
create or replace function open_operator(p_operator uuid, p_secret bytea)
  returns table (id uuid, name text, last_used_at bigint, revoked_at bigint, created_at bigint)
  language sql volatile security definer set search_path = public, pg_temp as $$
  with used as (
    update operators o set last_used_at = now()
     where o.id = p_operator and o.secret_hash = sha256(p_secret) and o.revoked_at is null
       and (o.last_used_at is null or o.last_used_at < now() - interval '1 minute')
  )
  select o.id, o.name, micros(o.last_used_at), micros(o.revoked_at), micros(o.created_at)
    from operators o where o.id = p_operator and o.secret_hash = sha256(p_secret) and o.revoked_at is null
$$;

-- Whether the session, or the API key, of a request is still valid, and its user and
-- tenant are active. For statements at the end of long requests: components may not read sessions and keys.
create or replace function lookup.credential_is_live(p_user uuid, p_session uuid, p_key uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (
    select from users u join tenants t on t.id = u.tenant_id
     where u.id = p_user and u.tenant_id = app_tenant() and u.state = 'active' and u.deleted_at is null and t.state = 'active'
       and (exists (select from sessions s
                     where s.id = p_session and s.tenant_id = u.tenant_id and s.user_id = u.id and s.revoked_at is null and s.expires_at > now())
            or exists (select from api_keys k
                        where k.id = p_key and k.tenant_id = u.tenant_id and k.user_id = u.id and k.revoked_at is null
                          and (k.expires_at is null or k.expires_at > now()))))
$$;

-- A user's relation to an assistant: no row if it is deleted, or if they have no role in its space.
create or replace function lookup.assistant_standing(p_assistant uuid, p_user uuid)
  returns table (space_id uuid, name text, role text, published boolean)
  language sql stable strict security definer set search_path = public, pg_temp as $$
  select a.space_id, a.name, r.role, a.published
    from assistants a join space_roles r on r.space_id = a.space_id and r.user_id = p_user
   where a.id = p_assistant and a.tenant_id = app_tenant() and a.deleted_at is null
$$;

-- Whether a tenant allows this origin (CORS preflights carry no credential).
create or replace function lookup.origin_allowed(p_origin text)
  returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from tenants where state = 'active' and p_origin = any (allowed_origins))
$$;
