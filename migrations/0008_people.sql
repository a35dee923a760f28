-- People of a tenant: invitations, and the component in which administrators look after them.

alter table one_time_links drop constraint one_time_links_kind_known;
alter table one_time_links add constraint one_time_links_kind_known check (kind in ('setup', 'invitation'));
create index users_created_idx on users (tenant_id, created_at desc, id desc);

grant usage on schema public, lookup to tessera_admin;
grant select (id, tenant_id, user_id, revoked_at, expires_at) on sessions to tessera_admin;
grant update (revoked_at, revoked_reason) on sessions to tessera_admin;
grant select (id, slug, name, state, storage_quota_bytes) on tenants to tessera_admin;
-- The password's hash is for auth alone: who invites never sees nor sets one.
grant select (id, tenant_id, email, display_name, role, state, last_login_at, deleted_at, created_at, updated_at),
  insert (id, tenant_id, email, display_name, role, state),
  update (display_name, role, state, deleted_at) on users to tessera_admin;
grant select, insert, delete on one_time_links to tessera_admin;
