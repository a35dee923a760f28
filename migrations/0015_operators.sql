-- Those who run the installation: they make, suspend and delete tenants, with credentials of their own, and see nothing inside.

create table operators (
  id           uuid primary key,
  name         text not null,
  secret_hash  bytea not null,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  created_at   timestamptz not null default now()
);
create unique index operators_name_key on operators (lower(name)) where revoked_at is null;

-- What they did, which outlives the tenant that it was done to. Nobody at run time changes or removes a line.
create table operator_log (
  id          bigint generated always as identity primary key,
  at          timestamptz not null default now(),
  operator_id uuid not null references operators,
  action      text not null,
  -- No foreign key: the line stays when the tenant is gone.
  about       uuid not null,
  details     jsonb not null default '{}',
  address     text not null default '',
  request_id  text not null default ''
);

create policy sysadmin on tenants to tessera_sysadmin using (true) with check (true);
grant usage on schema public, lookup to tessera_sysadmin;
grant select, insert, update, delete on tenants to tessera_sysadmin;
grant select, update (last_used_at) on operators to tessera_sysadmin;
grant select, insert on operator_log to tessera_sysadmin;
grant select, insert, update on operators to tessera_worker;
-- The first administrator of a new tenant, and how much a tenant stores; both with that tenant set.
grant select (id, tenant_id, email, display_name, role, state, deleted_at, created_at), insert (id, tenant_id, email, display_name, role, state) on users to tessera_sysadmin;
grant select, insert, delete on one_time_links to tessera_sysadmin;
grant select (id, tenant_id, size_bytes) on blobs to tessera_sysadmin;
