-- API keys for one assistant: a request that such a key opens is kept to that assistant and its space, whatever a statement asks for.

alter table api_keys add column assistant_id uuid,
  add constraint api_keys_assistant_fkey foreign key (tenant_id, assistant_id) references assistants (tenant_id, id) on delete cascade,
  add constraint api_keys_assistant_scopes check (assistant_id is null or scopes <@ array['assistants:read', 'chat']);
create index api_keys_assistant_idx on api_keys (tenant_id, assistant_id) where assistant_id is not null;

drop trigger audit on api_keys;
select audited('api_keys', 'api_key', 'id', 'user_id,assistant_id,name,prefix,scopes,requests_per_minute,expires_at,revoked_at');

-- ---------------------------------------------------------------- keeping to it

-- The one assistant of the request and its space; null: not kept to one.
create function app_assistant() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.assistant_id', true), '')::uuid $$;
create function app_assistant_space() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.assistant_space_id', true), '')::uuid $$;

-- Beside the policy of the tenant, not instead of it. `case`, because the planner takes it for a coin's toss, and `or` for one row in two hundred.
create policy one_assistant on assistants as restrictive
  using (case when app_assistant() is null then true else id = app_assistant() end);
create policy one_assistant on assistant_collections as restrictive
  using (case when app_assistant() is null then true else assistant_id = app_assistant() end);
create policy one_assistant on conversations as restrictive
  using (case when app_assistant() is null then true else assistant_id = app_assistant() end);
create policy one_assistant on messages as restrictive
  using (case when app_assistant() is null then true else exists (select from conversations c where c.id = conversation_id) end);
-- Roles in other spaces count for nothing; what everybody may read in the organisation's hub stays, for the answers.
create policy one_assistant on space_members as restrictive
  using (case when app_assistant() is null then true else space_id = app_assistant_space() end);
create policy one_assistant on space_groups as restrictive
  using (case when app_assistant() is null then true else space_id = app_assistant_space() end);

-- ---------------------------------------------------------------- opening a request

-- What somebody has to do with an assistant of the tenant that is set: no row where it is deleted, or they have no role in its space. Every
-- component opens requests, and few may read assistants.
create function lookup.assistant_standing(p_assistant uuid, p_user uuid)
  returns table (space_id uuid, name text, role text, published boolean)
  language sql stable strict security definer set search_path = public, pg_temp as $$
  select a.space_id, a.name, r.role, a.published
    from assistants a join space_roles r on r.space_id = a.space_id and r.user_id = p_user
   where a.id = p_assistant and a.tenant_id = app_tenant() and a.deleted_at is null
$$;
grant select (id, tenant_id, space_id, name, published, deleted_at) on assistants to tessera_lookup;
grant select (id, tenant_id, kind) on spaces to tessera_lookup;
grant select (tenant_id, space_id, user_id, role) on space_members to tessera_lookup;
grant select (tenant_id, space_id, group_id, role) on space_groups to tessera_lookup;
grant select (tenant_id, group_id, user_id) on user_group_members to tessera_lookup;
grant select (role) on users to tessera_lookup;
grant select on space_roles to tessera_lookup;
alter function lookup.assistant_standing(uuid, uuid) owner to tessera_lookup;
revoke execute on function lookup.assistant_standing(uuid, uuid) from public;

-- As before (0011), and not kept to an assistant, whatever was set on this connection.
create or replace function open_request(p_tenant uuid, p_session uuid, p_user uuid, p_from text)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[])
  language plpgsql as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, false), set_config('app.actor', 'user ' || p_user, false),
          set_config('app.from', p_from, false), set_config('app.assistant_id', '', false);
  return query
    select u.id, u.email, u.display_name, u.role, r.permissions, micros(u.created_at), micros(u.updated_at), t.slug, t.name, t.allowed_origins
      from sessions s
      join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
      join tenants t on t.id = s.tenant_id
      left join roles r on r.tenant_id = u.tenant_id and r.id = u.custom_role_id
     where s.id = p_session and s.tenant_id = p_tenant and s.user_id = p_user
       and s.revoked_at is null and s.expires_at > now()
       and u.state = 'active' and u.deleted_at is null and t.state = 'active';
end $$;

drop function open_request_by_key(uuid, uuid, bytea, text);

-- The same for an API key; `limited` where it is used more often than it may be. A key for one assistant is kept to it from here on;
-- `space_role` is then its owner's, nothing where the assistant is out of their reach.
create function open_request_by_key(p_tenant uuid, p_key uuid, p_secret_hash bytea, p_from text)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[], scopes text[], limited boolean,
                 assistant_id uuid, assistant_space_id uuid, space_role text, published boolean)
  language plpgsql as $$
declare
  v_assistant uuid;
  v_owner     uuid;
  v_space     uuid;
  v_role      text;
  v_published boolean;
begin
  perform set_config('app.tenant_id', p_tenant::text, false), set_config('app.actor', 'api_key ' || p_key, false),
          set_config('app.from', p_from, false), set_config('app.assistant_id', '', false);
  update api_keys k
     set last_used_at = now(),
         minute_began = case when k.minute_began > now() - interval '1 minute' then k.minute_began else now() end,
         minute_count = case when k.minute_began > now() - interval '1 minute' then k.minute_count + 1 else 1 end
   where k.id = p_key and k.secret_hash = p_secret_hash
  returning k.assistant_id, k.user_id into v_assistant, v_owner;
  if v_assistant is not null then
    select s.space_id, s.role, s.published into v_space, v_role, v_published from lookup.assistant_standing(v_assistant, v_owner) s;
    perform set_config('app.assistant_id', v_assistant::text, false), set_config('app.assistant_space_id', coalesce(v_space::text, ''), false);
  end if;
  return query
    select u.id, u.email, u.display_name, u.role, r.permissions, micros(u.created_at), micros(u.updated_at), t.slug, t.name, t.allowed_origins,
           k.scopes, k.minute_count > k.requests_per_minute, k.assistant_id, v_space, v_role, v_published
      from api_keys k
      join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
      join tenants t on t.id = k.tenant_id
      left join roles r on r.tenant_id = u.tenant_id and r.id = u.custom_role_id
     where k.id = p_key and k.tenant_id = p_tenant and k.secret_hash = p_secret_hash
       and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
       and u.state = 'active' and u.deleted_at is null and t.state = 'active';
end $$;

-- ---------------------------------------------------------------- grants

grant execute on function lookup.assistant_standing(uuid, uuid) to
  tessera_auth, tessera_passwords, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select (assistant_id) on api_keys to
  tessera_passwords, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
