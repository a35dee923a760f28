-- Signing in through an organisation's own identity provider (OpenID Connect).

create table federations (
  id                     uuid primary key,
  tenant_id              uuid not null constraint federations_tenant_key unique references tenants on delete cascade,
  provider               text not null,
  -- With the installation's shared provider; issuer and client are empty then.
  shared                 boolean not null default false,
  issuer                 text not null,
  client_id              text not null,
  client_secret_sealed   text,
  scopes                 text[] not null,
  allowed_domains        text[] not null default '{}',
  claims                 jsonb not null,
  group_roles            jsonb not null default '{}',
  provisioning           boolean not null default false,
  require_verified_email boolean not null default true,
  enabled                boolean not null default true,
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),
  constraint federations_complete check (shared or (issuer <> '' and client_id <> '' and client_secret_sealed is not null))
);
create index federations_client_idx on federations (issuer, client_id);
select protect('federations');
select audited('federations', 'federation', 'id',
  'provider,shared,issuer,client_id,client_secret_sealed,scopes,allowed_domains,claims,group_roles,provisioning,require_verified_email,enabled',
  'client_secret_sealed');

-- Who somebody is at an issuer: the subject, never the address, which may pass to somebody else.
create table identities (
  tenant_id  uuid not null references tenants on delete cascade,
  issuer     text not null,
  subject    text not null,
  user_id    uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, issuer, subject),
  -- One subject an issuer: an address that was given to another person there does not open the account of the first.
  constraint identities_user_key unique (tenant_id, issuer, user_id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index identities_user_idx on identities (tenant_id, user_id);
select protect('identities');
select audited('identities', 'identity', 'user_id', 'issuer,subject,user_id');

-- Where a session was begun at a provider: to end it there too, and to end it here when it ends there.
alter table sessions
  add column oidc_issuer text, add column oidc_client_id text, add column oidc_subject text, add column oidc_sid text,
  add column oidc_id_token_sealed text;
create index sessions_oidc_subject_idx on sessions (oidc_issuer, oidc_subject) where oidc_issuer is not null;
create index sessions_oidc_sid_idx on sessions (oidc_issuer, oidc_sid) where oidc_sid is not null;

-- Before a tenant is known: whose button is shown, whose sessions a provider ends.
create policy lookup on federations for select to tessera_lookup using (true);
grant select (tenant_id, provider, issuer, client_id, enabled, shared) on federations to tessera_lookup;
grant select (oidc_issuer, oidc_client_id, oidc_subject, oidc_sid, revoked_at) on sessions to tessera_lookup;

-- The tenant with this slug, or the only one there is, where its provider is switched on. Nobody can list tenants with it.
create function lookup.federation(p_slug text)
  returns table (tenant_id uuid, slug text, provider text) language sql stable security definer set search_path = public, pg_temp as $$
  select t.id, t.slug, f.provider from tenants t join federations f on f.tenant_id = t.id
   where t.state = 'active' and f.enabled and (t.slug = p_slug or (p_slug is null and (select count(*) from tenants) = 1))
$$;
create function lookup.federated_tenants(p_issuer text, p_client_id text)
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select f.tenant_id from federations f where f.issuer = p_issuer and f.client_id = p_client_id and not f.shared limit 100
$$;
create function lookup.federated_sessions(p_issuer text, p_client_id text, p_subject text, p_sid text)
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select distinct s.tenant_id from sessions s
   where s.oidc_issuer = p_issuer and s.oidc_client_id = p_client_id and s.revoked_at is null
     and (p_subject is null or s.oidc_subject = p_subject) and (p_sid is null or s.oidc_sid = p_sid) and (p_subject is not null or p_sid is not null)
$$;
alter function lookup.federation(text) owner to tessera_lookup;
alter function lookup.federated_tenants(text, text) owner to tessera_lookup;
alter function lookup.federated_sessions(text, text, text, text) owner to tessera_lookup;
revoke execute on function lookup.federation(text), lookup.federated_tenants(text, text), lookup.federated_sessions(text, text, text, text) from public;
grant execute on function lookup.federation(text), lookup.federated_tenants(text, text), lookup.federated_sessions(text, text, text, text) to tessera_auth;

grant select on federations to tessera_auth;
grant select, insert on identities to tessera_auth;
grant select, insert, update, delete on federations to tessera_admin, tessera_sysadmin;
grant select, insert on data_keys to tessera_sysadmin;
-- Sealing anew.
grant select (id, client_secret_sealed), update (client_secret_sealed) on federations to tessera_worker;
grant select (oidc_id_token_sealed), update (oidc_id_token_sealed) on sessions to tessera_worker;
