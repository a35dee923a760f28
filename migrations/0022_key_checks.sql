-- Streams that stay open look again every few seconds whether their API key still lives. That is not one more request of the key's: until now
-- it was counted as one, so that a key of few requests a minute used itself up by listening.

-- `p_again`: looks only, counts nothing, and tells nobody to wait.
create function open_request_by_key(p_tenant uuid, p_key uuid, p_secret_hash bytea, p_from text, p_again boolean)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[], scopes text[], limited boolean,
                 assistant_id uuid, assistant_space_id uuid, space_role text, published boolean)
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_assistant uuid;
  v_owner     uuid;
  v_space     uuid;
  v_role      text;
  v_published boolean;
begin
  perform set_config('app.tenant_id', p_tenant::text, false), set_config('app.actor', 'api_key ' || p_key, false),
          set_config('app.from', p_from, false), set_config('app.assistant_id', '', false);
  if p_again then
    select k.assistant_id, k.user_id into v_assistant, v_owner from api_keys k where k.id = p_key and k.secret_hash = p_secret_hash;
  else
    update api_keys k
       set last_used_at = now(),
           minute_began = case when k.minute_began > now() - interval '1 minute' then k.minute_began else now() end,
           minute_count = case when k.minute_began > now() - interval '1 minute' then k.minute_count + 1 else 1 end
     where k.id = p_key and k.secret_hash = p_secret_hash
    returning k.assistant_id, k.user_id into v_assistant, v_owner;
  end if;
  if v_assistant is not null then
    select s.space_id, s.role, s.published into v_space, v_role, v_published from lookup.assistant_standing(v_assistant, v_owner) s;
    perform set_config('app.assistant_id', v_assistant::text, false), set_config('app.assistant_space_id', coalesce(v_space::text, ''), false);
  end if;
  return query
    select u.id, u.email, u.display_name, u.role, r.permissions, micros(u.created_at), micros(u.updated_at), t.slug, t.name, t.allowed_origins,
           k.scopes, not p_again and k.minute_count > k.requests_per_minute, k.assistant_id, v_space, v_role, v_published
      from api_keys k
      join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
      join tenants t on t.id = k.tenant_id
      left join roles r on r.tenant_id = u.tenant_id and r.id = u.custom_role_id
     where k.id = p_key and k.tenant_id = p_tenant and k.secret_hash = p_secret_hash
       and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
       and u.state = 'active' and u.deleted_at is null and t.state = 'active';
end $$;
grant create on schema public to tessera_lookup;
alter function open_request_by_key(uuid, uuid, bytea, text, boolean) owner to tessera_lookup;
revoke create on schema public from tessera_lookup;
revoke execute on function open_request_by_key(uuid, uuid, bytea, text, boolean) from public;
grant execute on function open_request_by_key(uuid, uuid, bytea, text, boolean) to
  tessera_auth, tessera_passwords, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
-- For components from before, until they are gone.
create or replace function open_request_by_key(p_tenant uuid, p_key uuid, p_secret_hash bytea, p_from text)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[], scopes text[], limited boolean,
                 assistant_id uuid, assistant_space_id uuid, space_role text, published boolean)
  language sql security definer set search_path = public, pg_temp as $$
  select * from open_request_by_key(p_tenant, p_key, p_secret_hash, p_from, false)
$$;
