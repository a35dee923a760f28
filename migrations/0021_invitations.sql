-- Invitations that end with what they were made for; and browsers that are known, so that a stranger who guesses keeps nobody out of them.

-- ---------------------------------------------------------------- invitations

-- An invitation is shown to whoever invites, who may have given all that they have. With another role it would open more than that, and with
-- another address it is somebody else's: it is void, whoever changed them. Also of somebody who is deactivated and may come back.
create index one_time_links_user_idx on one_time_links (tenant_id, user_id);

-- Ends what somebody has of the kind of link that the trigger names.
create function lookup.end_links() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update one_time_links l set used_at = now()
   where l.tenant_id = new.tenant_id and l.user_id = new.id and l.kind = tg_argv[0] and l.used_at is null;
  return null;
end $$;
alter function lookup.end_links() owner to tessera_lookup;
revoke execute on function lookup.end_links() from public;
create trigger end_invitations after update of email, role, custom_role_id on users for each row
  when (old.email is distinct from new.email or old.role is distinct from new.role or old.custom_role_id is distinct from new.custom_role_id)
  execute function lookup.end_links('invitation');
-- Reset links end as in 0018, by the same function.
drop trigger end_reset_links on users;
create trigger end_reset_links after update of email, password_hash on users for each row
  when (old.email is distinct from new.email or old.password_hash is distinct from new.password_hash)
  execute function lookup.end_links('reset');
drop function lookup.end_reset_links();

-- The same where the role stays and allows more.
create function lookup.end_invitations_with_role() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update one_time_links l set used_at = now() from users u
   where u.tenant_id = new.tenant_id and u.custom_role_id = new.id
     and l.tenant_id = u.tenant_id and l.user_id = u.id and l.kind = 'invitation' and l.used_at is null;
  return null;
end $$;
alter function lookup.end_invitations_with_role() owner to tessera_lookup;
revoke execute on function lookup.end_invitations_with_role() from public;
create trigger end_invitations after update of permissions on roles for each row
  when (not new.permissions <@ old.permissions)
  execute function lookup.end_invitations_with_role();

-- ---------------------------------------------------------------- known browsers

-- The cookie of a known browser names this number. Another one makes all of them strangers: after another password, whoever changed it; after
-- the end of somebody's access; and after a refresh token was shown twice, as whoever copied that copied the cookie beside it.
alter table users add column device_epoch int not null default 0;

create function forget_devices() returns trigger language plpgsql as $$
begin
  new.device_epoch := old.device_epoch + 1;
  return new;
end $$;
create trigger forget_devices before update of password_hash, state, deleted_at on users for each row
  when (old.password_hash is distinct from new.password_hash or (old.state = 'active' and new.state <> 'active')
        or (old.deleted_at is null and new.deleted_at is not null))
  execute function forget_devices();

create function lookup.forget_devices() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update users u set device_epoch = u.device_epoch + 1 where u.tenant_id = new.tenant_id and u.id = new.user_id;
  return null;
end $$;
grant select (device_epoch), update (device_epoch) on users to tessera_lookup;
alter function lookup.forget_devices() owner to tessera_lookup;
revoke execute on function lookup.forget_devices() from public;
create trigger forget_devices after update of revoked_reason on sessions for each row
  when (old.revoked_at is null and new.revoked_reason = 'refresh_token_reused')
  execute function lookup.forget_devices();

drop function lookup.sign_in(text, text);
create function lookup.sign_in(p_email text, p_tenant_slug text)
  returns table (tenant_id uuid, user_id uuid, password_hash text, device_epoch int)
  language sql stable security definer set search_path = public, pg_temp as $$
  select u.tenant_id, u.id, u.password_hash, u.device_epoch
    from users u join tenants t on t.id = u.tenant_id
   where u.email = p_email and u.deleted_at is null and u.state = 'active' and t.state = 'active'
     and (p_tenant_slug is null or t.slug = p_tenant_slug)
   order by u.tenant_id limit 10
$$;
alter function lookup.sign_in(text, text) owner to tessera_lookup;
revoke execute on function lookup.sign_in(text, text) from public;
grant execute on function lookup.sign_in(text, text) to tessera_passwords;
