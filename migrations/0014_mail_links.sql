-- Passwords in a component of their own, reset links, mails, and the moment of a session's last rotation.

-- Within seconds of a rotation the token before it gets the same successor again.
alter table sessions add column rotated_at timestamptz;

alter table one_time_links drop constraint one_time_links_kind_known;
alter table one_time_links add constraint one_time_links_kind_known check (kind in ('setup', 'invitation', 'reset'));

-- Who asked for a reset link, known or not: no tenant's row, so that an unknown address costs the same work as a known one. The worker
-- takes them away within seconds.
create table reset_requests (
  id          uuid primary key,
  email       text not null,
  tenant_slug text,
  created_at  timestamptz not null default now()
);
grant select, delete on reset_requests to tessera_lookup;
grant insert on jobs to tessera_lookup;

-- Turns the requests that wait into jobs of those who can sign in with a password, in one step; answers how many jobs there are.
create function lookup.queue_resets()
  returns bigint language sql volatile security definer set search_path = public, pg_temp as $$
  with taken as (
    delete from reset_requests
     where id in (select r.id from reset_requests r order by r.created_at limit 100 for update skip locked)
    returning email, tenant_slug, created_at
  ), found as (
    select distinct u.tenant_id, u.id
      from taken r join users u on u.email = r.email join tenants t on t.id = u.tenant_id
     where r.created_at > now() - interval '1 hour' and (r.tenant_slug is null or r.tenant_slug = t.slug)
       and u.state = 'active' and u.deleted_at is null and u.password_hash is not null and t.state = 'active'
  ), queued as (
    insert into jobs (id, tenant_id, kind, payload, max_attempts)
    select gen_random_uuid(), f.tenant_id, 'send_mail', jsonb_build_object('mail', 'reset', 'user_id', f.id), 6 from found f
    returning 1
  )
  select count(*) from queued
$$;

-- Imported passwords. Their highest cost is what a sign-in computes whoever asks, so that time does not tell who was imported.
create index users_bcrypt_idx on users (substring(password_hash from '^\$2[aby]\$([0-9]{2})\$')) where password_hash like '$2%';
create function lookup.bcrypt_cost()
  returns int language sql stable security definer set search_path = public, pg_temp as $$
  select max(substring(u.password_hash from '^\$2[aby]\$([0-9]{2})\$'))::int from users u
   where u.password_hash like '$2%' and substring(u.password_hash from '^\$2[aby]\$([0-9]{2})\$') <= '14'
$$;

alter function lookup.queue_resets() owner to tessera_lookup;
alter function lookup.bcrypt_cost() owner to tessera_lookup;
revoke execute on function lookup.queue_resets(), lookup.bcrypt_cost() from public;
grant execute on function lookup.queue_resets() to tessera_worker;

grant usage on schema public, lookup to tessera_passwords;
grant execute on function lookup.sign_in(text, text), lookup.bcrypt_cost(), lookup.link_tenant(bytea), lookup.setup_state() to tessera_passwords;
grant select, insert, update (password_hash, display_name, state, last_login_at) on users to tessera_passwords;
grant select, insert, update (revoked_at, revoked_reason) on sessions to tessera_passwords;
grant select, update (used_at) on one_time_links to tessera_passwords;
grant select, update (name) on tenants to tessera_passwords;
grant select, insert on spaces, space_members to tessera_passwords;
grant insert on reset_requests to tessera_passwords;
-- What every component that opens requests and is on record may do (0011).
grant usage on schema audit to tessera_passwords;
grant execute on function audit.event(text, text, text, jsonb), lookup.origin_allowed(text) to tessera_passwords;
grant select (id, tenant_id, permissions) on roles to tessera_passwords;
grant select (id, tenant_id, user_id, secret_hash, scopes, expires_at, revoked_at, requests_per_minute, minute_began, minute_count),
  update (last_used_at, minute_began, minute_count) on api_keys to tessera_passwords;

-- `auth` keeps sessions and never sees a password's hash, in whatever columns users have by now.
revoke execute on function lookup.sign_in(text, text), lookup.link_tenant(bytea), lookup.setup_state() from tessera_auth;
revoke select, insert, update on one_time_links from tessera_auth;
revoke update on tenants from tessera_auth;
revoke select, insert, update on users from tessera_auth;
do $$
declare allowed text;
begin
  select string_agg(quote_ident(attname), ', ') into allowed
    from pg_attribute where attrelid = 'users'::regclass and attnum > 0 and not attisdropped and attname <> 'password_hash';
  execute format('grant select (%1$s), insert (%1$s), update (%1$s) on users to tessera_auth', allowed);
end $$;

-- Who invites also asks for the mail.
grant insert (id, tenant_id, kind, payload, max_attempts) on jobs to tessera_admin;
