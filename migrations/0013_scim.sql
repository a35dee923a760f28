-- SCIM: a directory looks after users and user groups, with a token of its tenant.

create table scim_tokens (
  id           uuid primary key,
  tenant_id    uuid not null references tenants on delete cascade,
  name         text not null,
  -- SHA-256 of the whole token, which has 256 random bits.
  token_hash   bytea not null constraint scim_tokens_hash_key unique,
  created_by   uuid not null,
  last_used_at timestamptz,
  created_at   timestamptz not null default now(),
  foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create index scim_tokens_created_idx on scim_tokens (tenant_id, created_at desc, id desc);
select protect('scim_tokens');

-- What the directory calls somebody. A userName is the address where the directory gave no other.
alter table users add column user_name text, add column external_id text, add column given_name text, add column family_name text;
create unique index users_user_name_key on users (tenant_id, lower(user_name)) where deleted_at is null and user_name is not null;
create index users_user_name_idx on users (tenant_id, lower(coalesce(user_name, email))) where deleted_at is null;
create index users_external_idx on users (tenant_id, external_id) where external_id is not null;

-- Opens a directory's request: sets the tenant, and who acts from where, for everything that follows on this connection and answers which token it is, in one round trip.
-- No row: the token is wrong or was revoked, or the tenant is suspended.
create function open_scim(p_tenant uuid, p_hash bytea, p_from text) returns table (scim_token_id uuid) language plpgsql as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, false), set_config('app.actor', 'scim', false), set_config('app.from', p_from, false);
  return query
    with good as (
      select k.id, k.last_used_at from scim_tokens k join tenants t on t.id = k.tenant_id
       where k.tenant_id = p_tenant and k.token_hash = p_hash and t.state = 'active'
    ), noted as (
      -- To the minute, so that a directory's thousand requests do not write a thousand times.
      update scim_tokens k set last_used_at = now() from good g
       where k.id = g.id and (g.last_used_at is null or g.last_used_at < now() - interval '1 minute')
    )
    select g.id from good g where set_config('app.actor', 'scim ' || g.id, false) is not null;
end $$;

grant usage on schema public to tessera_scim;
grant select on scim_tokens to tessera_scim;
grant update (last_used_at) on scim_tokens to tessera_scim;
grant select (id, tenant_id, name, created_by, last_used_at, created_at), insert, delete on scim_tokens to tessera_admin;
grant select (id, state) on tenants to tessera_scim;
grant select (id, tenant_id, email, display_name, role, state, deleted_at, created_at, updated_at, user_name, external_id, given_name, family_name),
  insert (id, tenant_id, email, display_name, role, state, user_name, external_id, given_name, family_name),
  update (email, display_name, state, deleted_at, user_name, external_id, given_name, family_name) on users to tessera_scim;
grant select (id, tenant_id, user_id, revoked_at), update (revoked_at, revoked_reason) on sessions to tessera_scim;
grant select, insert on spaces, space_members to tessera_scim;
grant select, insert, update, delete on user_groups to tessera_scim;
grant select, insert, delete on user_group_members to tessera_scim;

select audited('user_groups', 'user_group', 'id', 'name,external_id');
select audited('user_group_members', 'user_group_member', 'group_id', 'user_id');
select audited('space_groups', 'space_group', 'space_id', 'group_id,role');
select audited('scim_tokens', 'scim_token', 'id', 'name,created_by');
