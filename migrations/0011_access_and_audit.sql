-- Custom roles, API keys, the tenant's settings; and the audit log, which tables write by themselves.

-- ---------------------------------------------------------------- roles, keys, settings

create table roles (
  id          uuid primary key,
  tenant_id   uuid not null references tenants on delete cascade,
  name        text not null,
  permissions text[] not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  unique (tenant_id, id)
);
create unique index roles_name_key on roles (tenant_id, lower(name));
select protect('roles');

-- Whoever has a custom role is `user` in the column `role`; the custom one says what they may do.
alter table users add column custom_role_id uuid,
  add constraint users_custom_role_fkey foreign key (tenant_id, custom_role_id) references roles (tenant_id, id),
  add constraint users_custom_role_is_no_builtin check (custom_role_id is null or role = 'user');
create index users_custom_role_idx on users (tenant_id, custom_role_id) where custom_role_id is not null;

-- What a key may do is what its owner may do, within its scopes. Only the hash of its secret is kept.
create table api_keys (
  id           uuid primary key,
  tenant_id    uuid not null references tenants on delete cascade,
  user_id      uuid not null,
  name         text not null,
  prefix       text not null,
  secret_hash  bytea not null,
  scopes       text[] not null,
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  -- How often it may be used in a minute, and how often it was since this minute began.
  requests_per_minute int not null default 600 constraint api_keys_requests_range check (requests_per_minute between 1 and 100000),
  minute_began timestamptz not null default now(),
  minute_count int not null default 0,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index api_keys_user_idx on api_keys (tenant_id, user_id, created_at desc, id desc);
select protect('api_keys');

alter table tenants
  add column audit_retention_days int not null default 365
    constraint tenants_audit_retention_range check (audit_retention_days between 1 and 2555),
  -- Origins of other sites whose scripts may call the API with a token; exact matches.
  add column allowed_origins text[] not null default '{}';

-- ---------------------------------------------------------------- opening a request

drop function open_request(uuid, uuid);

-- Opens a request for a session: sets the tenant, and who acts from where, for everything that follows on this connection, and answers who
-- the session belongs to, in one round trip. No row: the session was revoked or has expired, or its user or tenant is no longer active.
create function open_request(p_tenant uuid, p_session uuid, p_user uuid, p_from text)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[])
  language plpgsql as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, false), set_config('app.actor', 'user ' || p_user, false),
          set_config('app.from', p_from, false);
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

-- The same for an API key; `limited` where it is used more often than it may be.
create function open_request_by_key(p_tenant uuid, p_key uuid, p_secret_hash bytea, p_from text)
  returns table (user_id uuid, email text, display_name text, role text, permissions text[], created_at bigint, updated_at bigint,
                 tenant_slug text, tenant_name text, allowed_origins text[], scopes text[], limited boolean)
  language plpgsql as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, false), set_config('app.actor', 'api_key ' || p_key, false),
          set_config('app.from', p_from, false);
  update api_keys k
     set last_used_at = now(),
         minute_began = case when k.minute_began > now() - interval '1 minute' then k.minute_began else now() end,
         minute_count = case when k.minute_began > now() - interval '1 minute' then k.minute_count + 1 else 1 end
   where k.id = p_key and k.secret_hash = p_secret_hash;
  return query
    select u.id, u.email, u.display_name, u.role, r.permissions, micros(u.created_at), micros(u.updated_at), t.slug, t.name, t.allowed_origins,
           k.scopes, k.minute_count > k.requests_per_minute
      from api_keys k
      join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
      join tenants t on t.id = k.tenant_id
      left join roles r on r.tenant_id = u.tenant_id and r.id = u.custom_role_id
     where k.id = p_key and k.tenant_id = p_tenant and k.secret_hash = p_secret_hash
       and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
       and u.state = 'active' and u.deleted_at is null and t.state = 'active';
end $$;

-- Every tenant, for what the worker does for each of them now and then.
create function lookup.tenants()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select id from tenants order by id
$$;
alter function lookup.tenants() owner to tessera_lookup;
revoke execute on function lookup.tenants() from public;
grant execute on function lookup.tenants() to tessera_worker;

-- Whether any active tenant lets this origin in: what a browser asks before it has shown who it is.
create policy audit on tenants for select to tessera_audit using (true);
grant select (id, state, allowed_origins, audit_retention_days) on tenants to tessera_audit, tessera_lookup;
create function lookup.origin_allowed(p_origin text)
  returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from tenants where state = 'active' and p_origin = any (allowed_origins))
$$;
alter function lookup.origin_allowed(text) owner to tessera_lookup;
revoke execute on function lookup.origin_allowed(text) from public;

-- ---------------------------------------------------------------- the audit log

create schema audit;
grant create, usage on schema audit to tessera_audit;
grant usage on schema public, lookup to tessera_audit;

-- Hash-chained for each tenant: `hash` covers the entry and the hash of the one before.
create table audit_entries (
  tenant_id     uuid not null references tenants on delete cascade,
  seq           bigint not null,
  at            timestamptz not null,
  actor_kind    text not null,
  actor_id      uuid,
  actor_name    text,
  action        text not null,
  resource_kind text not null,
  resource_id   text,
  before        jsonb,
  after         jsonb,
  address       text,
  user_agent    text,
  request_id    text,
  previous_hash bytea not null,
  hash          bytea not null,
  primary key (tenant_id, seq)
);
create index audit_entries_resource_idx on audit_entries (tenant_id, resource_kind, resource_id);
select protect('audit_entries');

-- Where each chain stands, and where it begins since the last purge.
create table audit_heads (
  tenant_id uuid primary key references tenants on delete cascade,
  seq       bigint not null default 0,
  hash      bytea not null default '\x',
  base_seq  bigint not null default 0,
  base_hash bytea not null default '\x'
);
select protect('audit_heads');

-- The functions below run as tessera_audit, as which nobody logs in: it alone writes entries. Nobody changes one.
create policy audit on audit_entries to tessera_audit using (true) with check (true);
create policy audit on audit_heads to tessera_audit using (true) with check (true);
create policy audit on users for select to tessera_audit using (true);
create policy audit on api_keys for select to tessera_audit using (true);
grant select, insert, delete on audit_entries to tessera_audit;
grant select, insert, update on audit_heads to tessera_audit;
grant select (id, tenant_id, email) on users to tessera_audit;
grant select (id, tenant_id, user_id, name) on api_keys to tessera_audit;

create function audit.hash(e audit_entries) returns bytea language sql stable set search_path = public, pg_temp as $$
  select sha256(e.previous_hash || convert_to(jsonb_build_array(e.tenant_id, e.seq, micros(e.at), e.actor_kind, e.actor_id, e.actor_name, e.action,
    e.resource_kind, e.resource_id, e.before, e.after, e.address, e.user_agent, e.request_id)::text, 'UTF8'))
$$;

-- Adds an entry. Who acts from where is what opening the request has set on the connection.
create function audit.append(p_tenant uuid, p_action text, p_kind text, p_resource text, p_before jsonb, p_after jsonb, p_actor text default null)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head  audit_heads;
  entry audit_entries;
  actor text := coalesce(p_actor, nullif(current_setting('app.actor', true), ''), 'system');
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

-- For what is no change of a row: sign-ins that failed, denials, readings of the log. In the tenant that is set.
create function audit.event(p_action text, p_kind text, p_resource text, p_after jsonb)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit.append(app_tenant(), p_action, p_kind, p_resource, null, p_after);
end $$;

-- Records a change of a row: arguments are the kind, the column that names the resource, the columns to record, and those of them to mask.
create function audit.row() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
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
  -- With the tenant goes its log.
  if not exists (select from tenants where id = tenant) then
    return null;
  end if;
  select jsonb_object_agg(c, case when c = any (masked) and was -> c <> 'null' then '"***"' else was -> c end) filter (where was is not null),
         jsonb_object_agg(c, case when c = any (masked) and is_now -> c <> 'null' then '"***"' else is_now -> c end) filter (where is_now is not null)
    into before, after
    from unnest(columns) c
   where tg_op <> 'UPDATE' or was -> c is distinct from is_now -> c;
  if tg_op = 'UPDATE' and before is null then
    return null;
  end if;
  -- Who signs in is nobody until then.
  if tg_table_name = 'sessions' and tg_op = 'INSERT' then
    actor := 'user ' || (is_now ->> 'user_id');
  end if;
  perform audit.append(tenant, tg_argv[0] || '.' || verb, tg_argv[0], coalesce(is_now, was) ->> tg_argv[1], before, after, actor);
  return null;
end $$;

-- Makes a table write the log. At the end of the transaction, so that the chain's lock is the last one taken and held for an instant.
-- `verbs`: rows that the worker clears away when they have run out are not recorded when they go.
create function audited(name regclass, kind text, id_column text, columns text, masked text default '', verbs text default 'insert or delete or')
  returns void language plpgsql as $$
begin
  execute format('create constraint trigger audit after %s update of %s on %s deferrable initially deferred
                  for each row execute function audit.row(%L, %L, %L, %L)', verbs, columns, name, kind, id_column, columns, masked);
end $$;

-- Walks the chain of the tenant that is set: how many entries, and the first that does not fit (an entry changed, missing or put in between).
create function audit.verify() returns table (entries bigint, first_broken bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  with chain as (
    select e.seq, e.hash, e.previous_hash, audit.hash(e) as expected,
           lag(e.seq, 1, h.base_seq) over (order by e.seq) as seq_before, lag(e.hash, 1, h.base_hash) over (order by e.seq) as hash_before
      from audit_entries e join audit_heads h on h.tenant_id = e.tenant_id
     where e.tenant_id = app_tenant()
  ), broken as (
    select min(seq) as seq from chain where hash <> expected or previous_hash <> hash_before or seq <> seq_before + 1
  ), tail as (
    -- Entries cut off at the end: the head knows of more.
    select coalesce((select max(seq) from chain), h.base_seq) + 1 as seq from audit_heads h
     where h.tenant_id = app_tenant()
       and (h.seq, h.hash) is distinct from (coalesce((select max(seq) from chain), h.base_seq), coalesce((select hash from chain order by seq desc limit 1), h.base_hash))
  )
  select (select count(*) from chain), coalesce((select seq from broken), (select seq from tail))
$$;

-- Deletes what is older than the tenant keeps it, from the beginning of the chain, at most p_limit entries; the chain then begins later.
create function audit.purge(p_limit int) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
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

alter function audit.hash(audit_entries) owner to tessera_audit;
alter function audit.append(uuid, text, text, text, jsonb, jsonb, text) owner to tessera_audit;
alter function audit.event(text, text, text, jsonb) owner to tessera_audit;
alter function audit.row() owner to tessera_audit;
alter function audit.verify() owner to tessera_audit;
alter function audit.purge(int) owner to tessera_audit;
revoke execute on all functions in schema audit from public;
revoke create on schema audit from tessera_audit;

select audited('tenants', 'tenant', 'id', 'name,state,settings,storage_quota_bytes,audit_retention_days,allowed_origins');
select audited('users', 'user', 'id', 'email,display_name,role,custom_role_id,state,password_hash,deleted_at', 'password_hash');
select audited('roles', 'role', 'id', 'name,permissions');
select audited('api_keys', 'api_key', 'id', 'user_id,name,prefix,scopes,requests_per_minute,expires_at,revoked_at');
select audited('sessions', 'session', 'id', 'user_id,revoked_at,revoked_reason', '', 'insert or');
select audited('one_time_links', 'link', 'id', 'kind,user_id,expires_at,used_at', '', 'insert or');
select audited('spaces', 'space', 'id', 'name,description,kind');
select audited('space_members', 'member', 'space_id', 'user_id,role');
select audited('assistants', 'assistant', 'id', 'space_id,name,description,instructions,model,temperature,published,deleted_at');
select audited('assistant_collections', 'assistant_collection', 'assistant_id', 'collection_id');
select audited('collections', 'collection', 'id', 'space_id,name,description');
select audited('documents', 'document', 'id', 'collection_id,title');
select audited('conversations', 'conversation', 'id', 'assistant_id,user_id');

-- Reading the log needs a stated reason, which is good for an hour.
create table audit_readings (
  id         uuid primary key,
  tenant_id  uuid not null references tenants on delete cascade,
  user_id    uuid not null,
  reason     text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
select protect('audit_readings');
select audited('audit_readings', 'audit_reading', 'id', 'user_id,reason', '', 'insert or');

-- The log as a file, made by a job.
create table audit_exports (
  id          uuid primary key,
  tenant_id   uuid not null references tenants on delete cascade,
  user_id     uuid not null,
  reading_id  uuid not null,
  format      text not null constraint audit_exports_format_known check (format in ('csv', 'jsonl')),
  filter      jsonb not null default '{}',
  state       text not null default 'queued' constraint audit_exports_state_known check (state in ('queued', 'ready', 'failed')),
  rows        bigint,
  size_bytes  bigint,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  foreign key (tenant_id, reading_id) references audit_readings (tenant_id, id) on delete cascade
);
select protect('audit_exports');

create table audit_export_pieces (
  tenant_id uuid not null references tenants on delete cascade,
  export_id uuid not null,
  seq       int not null,
  text      text not null,
  primary key (tenant_id, export_id, seq),
  foreign key (tenant_id, export_id) references audit_exports (tenant_id, id) on delete cascade
);
select protect('audit_export_pieces');
select audited('audit_exports', 'audit_export', 'id', 'user_id,reading_id,format,filter', '', 'insert or');

-- ---------------------------------------------------------------- grants

grant usage on schema audit to tessera_auth, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events, tessera_worker;
grant execute on function audit.event(text, text, text, jsonb) to
  tessera_auth, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events, tessera_worker;
grant execute on function lookup.origin_allowed(text) to
  tessera_auth, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant execute on function audit.verify() to tessera_admin, tessera_worker;
grant execute on function audit.purge(int) to tessera_worker;

grant select (id, tenant_id, permissions) on roles to tessera_auth, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select (custom_role_id) on users to tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events, tessera_admin;
grant select (allowed_origins) on tenants to tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events, tessera_admin;
grant select (id, tenant_id, user_id, secret_hash, scopes, expires_at, revoked_at, requests_per_minute, minute_began, minute_count),
  update (last_used_at, minute_began, minute_count) on api_keys to
  tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select, insert, update on api_keys to tessera_auth;

grant select, insert, update, delete on roles to tessera_admin;
grant update (custom_role_id) on users to tessera_admin;
grant select (settings, audit_retention_days), update (name, audit_retention_days, allowed_origins) on tenants to tessera_admin;
grant select (id, tenant_id, size_bytes) on blobs to tessera_admin;
grant select on audit_export_pieces to tessera_admin;
grant select, insert on jobs to tessera_admin;
grant select on audit_entries, audit_heads to tessera_admin, tessera_worker;
grant select on audit_readings to tessera_worker;
grant select on audit_export_pieces to tessera_worker;
grant select, insert on audit_readings to tessera_admin;
grant select, insert on audit_exports to tessera_admin;
grant select, update, delete on audit_exports to tessera_worker;
grant select, insert, delete on audit_export_pieces to tessera_worker;
grant delete on audit_readings to tessera_worker;
