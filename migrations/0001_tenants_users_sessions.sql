-- Tenants, users, sessions; and the machinery of isolation that every later table uses.

create schema lookup;
grant usage on schema public, lookup to tessera_lookup, tessera_auth, tessera_workspace, tessera_upload, tessera_search, tessera_chat,
  tessera_events, tessera_health, tessera_scheduler, tessera_worker;
-- Whoever is to own a function needs CREATE on its schema.
grant create on schema lookup to tessera_lookup;

-- The tenant of the request; null (so: no rows) where none was set.
create function app_tenant() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;

-- Microseconds since 1970: what the guests can read of a timestamptz.
create function micros(at timestamptz) returns bigint language sql immutable parallel safe
  as $$ select (extract(epoch from at) * 1000000)::bigint $$;

-- Whether a row comes after the cursor of a list that is sorted by (created_at, id) descending; every row does where there is no cursor.
create function before_cursor(created_at timestamptz, id uuid, cursor_at bigint, cursor_id uuid) returns boolean language sql immutable parallel safe
  as $$ select cursor_at is null or (created_at, id) < ('epoch'::timestamptz + cursor_at * interval '1 microsecond', cursor_id) $$;

create function touch() returns trigger language plpgsql
  as $$ begin new.updated_at := now(); return new; end $$;

-- Forces row-level security on a tenant table.
create function protect(name regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy tenant on %s using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())', name);
  if exists (select from pg_attribute where attrelid = name and attname = 'updated_at' and not attisdropped) then
    execute format('create trigger touch before update on %s for each row execute function touch()', name);
  end if;
end $$;

create table tenants (
  id                  uuid primary key,
  slug                text not null constraint tenants_slug_key unique constraint tenants_slug_form check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name                text not null,
  state               text not null default 'active' constraint tenants_state_known check (state in ('active', 'suspended')),
  settings            jsonb not null default '{}',
  storage_quota_bytes bigint not null default 10737418240,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now()
);
-- A tenant sees itself only. The policy names the id, because this table has no tenant_id.
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant on tenants using (id = app_tenant()) with check (id = app_tenant());
create trigger touch before update on tenants for each row execute function touch();

create table users (
  id            uuid primary key,
  tenant_id     uuid not null references tenants on delete cascade,
  email         text not null constraint users_email_lower check (email = lower(email)),
  display_name  text not null,
  role          text not null default 'user' constraint users_role_known check (role in ('admin', 'manager', 'user')),
  state         text not null default 'active' constraint users_state_known check (state in ('invited', 'active', 'inactive')),
  password_hash text,
  last_login_at timestamptz,
  deleted_at    timestamptz,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (tenant_id, id)
);
create unique index users_email_key on users (tenant_id, email) where deleted_at is null;
create index users_email_idx on users (email);
select protect('users');

-- One row a session. It is the family of its refresh tokens too: only the newest token is accepted, and an older one ends the session.
create table sessions (
  id              uuid primary key,
  tenant_id       uuid not null references tenants on delete cascade,
  user_id         uuid not null,
  refresh_hash    bytea not null,
  generation      int not null default 1,
  user_agent      text not null default '',
  address         text not null default '',
  idle_expires_at timestamptz not null,
  expires_at      timestamptz not null,
  revoked_at      timestamptz,
  revoked_reason  text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index sessions_user_idx on sessions (tenant_id, user_id);
select protect('sessions');

-- Links that work once: the first set-up now, invitations and password resets later. Only the hash of the token is kept.
create table one_time_links (
  id         uuid primary key,
  tenant_id  uuid not null references tenants on delete cascade,
  user_id    uuid,
  kind       text not null constraint one_time_links_kind_known check (kind in ('setup')),
  token_hash bytea not null constraint one_time_links_token_key unique,
  expires_at timestamptz not null,
  used_at    timestamptz,
  created_at timestamptz not null default now(),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
select protect('one_time_links');

-- Answers already given to a request with an Idempotency-Key, kept a day.
create table idempotency_keys (
  tenant_id    uuid not null references tenants on delete cascade,
  user_id      uuid not null,
  key          text not null,
  request_hash bytea not null,
  status       int,
  location     text,
  body         text,
  created_at   timestamptz not null default now(),
  primary key (tenant_id, user_id, key),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
select protect('idempotency_keys');

-- Opens a request: sets the tenant for everything that follows on this connection and answers who the session belongs to, in one round trip.
-- No row: the session was revoked or has expired, or its user or tenant is no longer active.
create function open_request(p_tenant uuid, p_session uuid)
  returns table (user_id uuid, email text, display_name text, role text, created_at bigint, updated_at bigint, tenant_slug text, tenant_name text)
  language plpgsql as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, false);
  return query
    select u.id, u.email, u.display_name, u.role, micros(u.created_at), micros(u.updated_at), t.slug, t.name
      from sessions s
      join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
      join tenants t on t.id = s.tenant_id
     where s.id = p_session and s.tenant_id = p_tenant
       and s.revoked_at is null and s.expires_at > now()
       and u.state = 'active' and u.deleted_at is null and t.state = 'active';
end $$;

-- Before a tenant is known: who may sign in with this address? Only the component that signs people in may ask.
create policy lookup on users for select to tessera_lookup using (true);
create policy lookup on tenants for select to tessera_lookup using (true);
create policy lookup on sessions for select to tessera_lookup using (true);
create policy lookup on one_time_links for select to tessera_lookup using (true);
grant select (id, tenant_id, email, password_hash, state, deleted_at) on users to tessera_lookup;
grant select (id, slug, state) on tenants to tessera_lookup;
grant select (id, tenant_id) on sessions to tessera_lookup;
grant select on one_time_links to tessera_lookup;

create function lookup.sign_in(p_email text, p_tenant_slug text)
  returns table (tenant_id uuid, user_id uuid, password_hash text) language sql stable security definer set search_path = public, pg_temp as $$
  select u.tenant_id, u.id, u.password_hash
    from users u join tenants t on t.id = u.tenant_id
   where u.email = p_email and u.deleted_at is null and u.state = 'active' and t.state = 'active'
     and (p_tenant_slug is null or t.slug = p_tenant_slug)
   order by u.tenant_id limit 10
$$;

-- The tenant of a session, for a refresh token (which names the session, not the tenant).
create function lookup.session_tenant(p_session uuid)
  returns uuid language sql stable security definer set search_path = public, pg_temp as $$
  select s.tenant_id from sessions s where s.id = p_session
$$;

-- The tenant of an unused set-up link.
create function lookup.link_tenant(p_token_hash bytea)
  returns table (tenant_id uuid, link_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select l.tenant_id, l.id from one_time_links l where l.token_hash = p_token_hash and l.used_at is null and l.expires_at > now()
$$;

-- Whether anybody can sign in yet; the first tenant's id for the bootstrap.
create function lookup.setup_state()
  returns table (tenant_id uuid, has_users boolean) language sql stable security definer set search_path = public, pg_temp as $$
  select (select id from tenants order by id limit 1), exists (select from users where deleted_at is null)
$$;

alter function lookup.sign_in(text, text) owner to tessera_lookup;
alter function lookup.session_tenant(uuid) owner to tessera_lookup;
alter function lookup.link_tenant(bytea) owner to tessera_lookup;
alter function lookup.setup_state() owner to tessera_lookup;
revoke execute on all functions in schema lookup from public;
grant execute on function lookup.sign_in(text, text), lookup.session_tenant(uuid), lookup.link_tenant(bytea), lookup.setup_state() to tessera_auth;
grant execute on function lookup.setup_state() to tessera_worker;

-- Every component opens requests, so every one may read what open_request reads; the password hash is for auth alone.
grant select (id, tenant_id, user_id, revoked_at, expires_at) on sessions
  to tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select (id, tenant_id, email, display_name, role, state, deleted_at, created_at, updated_at) on users
  to tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events, tessera_worker;
grant select (id, slug, name, state, storage_quota_bytes) on tenants
  to tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select, insert, update on users, sessions, one_time_links to tessera_auth;
grant select, update on tenants to tessera_auth;
grant select, insert, update, delete on idempotency_keys to tessera_workspace, tessera_upload, tessera_chat;
-- The worker makes the first tenant and administrator, and clears old sessions, links and idempotency keys.
grant select, insert on tenants to tessera_worker;
grant insert on users to tessera_worker;
grant select, insert, delete on one_time_links to tessera_worker;
grant select, delete on sessions, idempotency_keys to tessera_worker;
