-- Lists of all tenants, for the worker alone.

-- Every tenant, for what the worker does for each of them now and then.
create or replace function lookup.tenants()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select id from tenants order by id
$$;

-- Every tenant, page by page: wrapping all keys anew is the only work that must see them all.
create or replace function lookup.tenants_after(p_after uuid, p_limit int)
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select t.id from tenants t where p_after is null or t.id > p_after order by t.id limit p_limit
$$;
