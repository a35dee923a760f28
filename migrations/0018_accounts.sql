-- What a review by adversaries found about accounts: who keeps the keys of one that changes hands, and what no entry recorded.

-- ---------------------------------------------------------------- reset links

-- A reset link was mailed to an address, for a password: with another of either it is void, whoever changed them.
create function lookup.end_reset_links() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update one_time_links l set used_at = now()
   where l.tenant_id = new.tenant_id and l.user_id = new.id and l.kind = 'reset' and l.used_at is null;
  return null;
end $$;
grant update (used_at) on one_time_links to tessera_lookup;
alter function lookup.end_reset_links() owner to tessera_lookup;
revoke execute on function lookup.end_reset_links() from public;
create trigger end_reset_links after update of email, password_hash on users for each row
  when (old.email is distinct from new.email or old.password_hash is distinct from new.password_hash)
  execute function lookup.end_reset_links();

-- ---------------------------------------------------------------- the first sign-in at a provider

-- Whoever signs in at the organisation's provider for the first time owns the address. Who used the account before need not: an invitation is
-- shown to whoever invites. So what they left ends: password, sessions, keys, links. Not of an administrator, whom only another could have
-- invited, and who needs a way in while the provider is away.
create function lookup.end_credentials(p_user uuid) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from users u where u.id = p_user and u.tenant_id = app_tenant() and u.role = 'admin') then
    return;
  end if;
  update users u set password_hash = null where u.id = p_user and u.tenant_id = app_tenant() and u.password_hash is not null;
  update sessions s set revoked_at = now(), revoked_reason = 'identity_linked'
   where s.user_id = p_user and s.tenant_id = app_tenant() and s.revoked_at is null;
  update api_keys k set revoked_at = now() where k.user_id = p_user and k.tenant_id = app_tenant() and k.revoked_at is null;
  update one_time_links l set used_at = now() where l.user_id = p_user and l.tenant_id = app_tenant() and l.used_at is null;
end $$;
grant update (password_hash) on users to tessera_lookup;
grant select (user_id, revoked_at), update (revoked_at, revoked_reason) on sessions to tessera_lookup;
grant select (id, tenant_id, user_id, revoked_at), update (revoked_at) on api_keys to tessera_lookup;
alter function lookup.end_credentials(uuid) owner to tessera_lookup;
revoke execute on function lookup.end_credentials(uuid) from public;
grant execute on function lookup.end_credentials(uuid) to tessera_auth;

-- ---------------------------------------------------------------- on record

drop trigger audit on users;
select audited('users', 'user', 'id',
  'email,display_name,role,custom_role_id,state,password_hash,deleted_at,user_name,external_id,given_name,family_name', 'password_hash');
drop trigger audit on tenants;
select audited('tenants', 'tenant', 'id', 'name,slug,state,settings,storage_quota_bytes,audit_retention_days,allowed_origins');
select audited('data_keys', 'data_key', 'id', 'master_key_id,retired_at');

-- ---------------------------------------------------------------- functions that act as their owner

-- The triggers that call it go on working; nobody hangs it on a table of their own.
revoke execute on function count_lexemes() from public;

-- ---------------------------------------------------------------- opening a request

-- Every component opens requests, and until now read sessions and keys for that. Whoever took one over could list the sessions of every
-- organisation whose id passed by. Now the two functions look, and tell of the one session or key that was shown.
grant create on schema public to tessera_lookup;
alter function open_request(uuid, uuid, uuid, text) security definer set search_path = public, pg_temp;
alter function open_request(uuid, uuid, uuid, text) owner to tessera_lookup;
alter function open_request_by_key(uuid, uuid, bytea, text) security definer set search_path = public, pg_temp;
alter function open_request_by_key(uuid, uuid, bytea, text) owner to tessera_lookup;
revoke create on schema public from tessera_lookup;
revoke execute on function open_request(uuid, uuid, uuid, text), open_request_by_key(uuid, uuid, bytea, text) from public;
grant execute on function open_request(uuid, uuid, uuid, text), open_request_by_key(uuid, uuid, bytea, text) to
  tessera_auth, tessera_passwords, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select (expires_at) on sessions to tessera_lookup;
grant select (display_name, role, custom_role_id, created_at, updated_at) on users to tessera_lookup;
grant select (name, allowed_origins) on tenants to tessera_lookup;
grant select (id, tenant_id, permissions) on roles to tessera_lookup;
grant select (secret_hash, scopes, expires_at, requests_per_minute, minute_began, minute_count, assistant_id),
  update (last_used_at, minute_began, minute_count) on api_keys to tessera_lookup;
revoke select on sessions from tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
revoke select, update on api_keys from
  tessera_passwords, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
