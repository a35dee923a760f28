-- The keys that credentials of providers are sealed with: one in use per tenant, itself wrapped by the installation's master key.

create table data_keys (
  id            uuid primary key,
  tenant_id     uuid not null references tenants on delete cascade,
  master_key_id text not null,
  wrapped       bytea not null,
  created_at    timestamptz not null default now(),
  retired_at    timestamptz
);
create unique index data_keys_current_key on data_keys (tenant_id) where retired_at is null;
select protect('data_keys');

-- Every tenant, page by page: wrapping all keys anew is the only work that must see them all.
create function lookup.tenants_after(p_after uuid, p_limit int)
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select t.id from tenants t where p_after is null or t.id > p_after order by t.id limit p_limit
$$;
alter function lookup.tenants_after(uuid, int) owner to tessera_lookup;
revoke execute on function lookup.tenants_after(uuid, int) from public;
grant execute on function lookup.tenants_after(uuid, int) to tessera_worker;

-- Who seals may make the first key; only the worker wraps a key anew or retires it. Nobody deletes one: what it sealed would be lost.
grant select, insert on data_keys to tessera_auth, tessera_admin, tessera_worker;
grant update (master_key_id, wrapped, retired_at) on data_keys to tessera_worker;
