-- Ends credentials, links and known browsers when their account changes.

-- The first sign-in at the organisation's provider proves ownership of the address; earlier use of the account
-- does not: the inviter sees an invitation. So it ends the earlier password, sessions, keys and links.
-- Except for an administrator, who must be able to sign in while the provider is down.
create or replace function lookup.end_credentials(p_user uuid) returns void language plpgsql security definer set search_path = public, pg_temp as $$
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

-- Trigger: ends the links of a user, of the kind that the trigger names.
create or replace function lookup.end_links() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update one_time_links l set used_at = now()
   where l.tenant_id = new.tenant_id and l.user_id = new.id and l.kind = tg_argv[0] and l.used_at is null;
  return null;
end $$;

-- Trigger: the same if the role stays and allows more.
create or replace function lookup.end_invitations_with_role() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update one_time_links l set used_at = now() from users u
   where u.tenant_id = new.tenant_id and u.custom_role_id = new.id
     and l.tenant_id = u.tenant_id and l.user_id = u.id and l.kind = 'invitation' and l.used_at is null;
  return null;
end $$;

-- Trigger: the cookie of a known browser has this number; a new one makes all browsers unknown. After a new
-- password, and after the end of a user's access.
create or replace function forget_devices() returns trigger language plpgsql as $$
begin
  new.device_epoch := old.device_epoch + 1;
  return new;
end $$;

-- Trigger: the same after the reuse of a refresh token; an attacker who copied that also copied the cookie.
create or replace function lookup.forget_devices() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update users u set device_epoch = u.device_epoch + 1 where u.tenant_id = new.tenant_id and u.id = new.user_id;
  return null;
end $$;

-- Whether a user may create one more API key. Its lock is held until the calling statement commits, and the
-- count is a statement of its own: it sees the inserts of earlier holders of the lock.
create or replace function api_key_slot_free(p_user uuid, p_most bigint) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('api keys ' || app_tenant() || ' ' || p_user, 0));
  return (select count(*) from api_keys where user_id = p_user and revoked_at is null) < p_most;
end $$;
