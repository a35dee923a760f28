-- Look-ups of a sign-in, before a tenant is known. Those that find a tenant also return an entrance: an anonymous
-- ticket for the calling role.

-- The accounts with this address that can sign in.
create or replace function lookup.sign_in(p_email text, p_tenant_slug text)
  returns table (tenant_id uuid, user_id uuid, password_hash text, device_epoch int, entrance text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select u.tenant_id, u.id, u.password_hash, u.device_epoch, tenancy.ticket_for(session_user, u.tenant_id, 'anonymous')
    from users u join tenants t on t.id = u.tenant_id
   where u.email = p_email and u.deleted_at is null and u.state = 'active' and t.state = 'active'
     and (p_tenant_slug is null or t.slug = p_tenant_slug)
   order by u.tenant_id limit 10
$$;

-- The highest cost of imported bcrypt passwords: a sign-in computes it for every address, so that the time does not
-- reveal which accounts were imported.
create or replace function lookup.bcrypt_cost()
  returns int language sql stable security definer set search_path = public, pg_temp as $$
  select max(substring(u.password_hash from '^\$2[aby]\$([0-9]{2})\$'))::int from users u
   where u.password_hash like '$2%' and substring(u.password_hash from '^\$2[aby]\$([0-9]{2})\$') <= '14'
$$;

-- The tenant of a session, for a refresh token (which names the session, not the tenant).
create or replace function lookup.session_tenant(p_session uuid)
  returns table (tenant_id uuid, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select s.tenant_id, tenancy.ticket_for(session_user, s.tenant_id, 'anonymous') from sessions s where s.id = p_session
$$;

-- The tenant of an unused one-time link.
create or replace function lookup.link_tenant(p_token_hash bytea)
  returns table (tenant_id uuid, link_id uuid, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select l.tenant_id, l.id, tenancy.ticket_for(session_user, l.tenant_id, 'anonymous')
    from one_time_links l where l.token_hash = p_token_hash and l.used_at is null and l.expires_at > now()
$$;

-- Whether any user can sign in yet; the first tenant's id for the bootstrap.
create or replace function lookup.setup_state()
  returns table (tenant_id uuid, has_users boolean) language sql stable security definer set search_path = public, pg_temp as $$
  select (select id from tenants order by id limit 1), exists (select from users where deleted_at is null)
$$;

-- The tenant with this slug, or the only one there is, if its provider is enabled. It cannot be used to list
-- tenants.
create or replace function lookup.federation(p_slug text)
  returns table (tenant_id uuid, slug text, provider text, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select t.id, t.slug, f.provider, tenancy.ticket_for(session_user, t.id, 'anonymous')
    from tenants t join federations f on f.tenant_id = t.id
   where t.state = 'active' and f.enabled and (t.slug = p_slug or (p_slug is null and (select count(*) from tenants) = 1))
$$;

-- The tenants with this provider of their own.
create or replace function lookup.federated_tenants(p_issuer text, p_client_id text)
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select f.tenant_id from federations f where f.issuer = p_issuer and f.client_id = p_client_id and not f.shared limit 100
$$;

-- The tenants with sessions that a provider ends (back-channel logout).
create or replace function lookup.federated_sessions(p_issuer text, p_client_id text, p_subject text, p_sid text)
  returns table (tenant_id uuid, entrance text) language sql stable security definer set search_path = public, pg_temp as $$
  select s.tenant_id, tenancy.ticket_for(session_user, s.tenant_id, 'anonymous')
    from (select distinct s.tenant_id from sessions s
           where s.oidc_issuer = p_issuer and s.oidc_client_id = p_client_id and s.revoked_at is null
             and (p_subject is null or s.oidc_subject = p_subject) and (p_sid is null or s.oidc_sid = p_sid)
             and (p_subject is not null or p_sid is not null)) s
$$;

-- Queues jobs for the pending password resets of users who can sign in with a password; returns the number of
-- jobs. p_job: the common part of the jobs (queue::NewJob::template).
drop function if exists lookup.queue_resets();
create or replace function lookup.queue_resets(p_job jsonb)
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
    select enqueue_job(p_job || jsonb_build_object(
             'id', gen_random_uuid(), 'tenant_id', f.tenant_id, 'payload', jsonb_build_object('mail', 'reset', 'user_id', f.id)))
      from found f
  )
  select count(*) from queued
$$;
