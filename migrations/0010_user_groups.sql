-- User groups: their members, their roles in spaces; the organisation's hub; and the one place that says who has which role where.

create table user_groups (
  id          uuid primary key,
  tenant_id   uuid not null references tenants on delete cascade,
  name        text not null,
  -- What the organisation's directory calls it, where it came from there.
  external_id text,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  unique (tenant_id, id)
);
create unique index user_groups_name_key on user_groups (tenant_id, lower(name));
create index user_groups_created_idx on user_groups (tenant_id, created_at desc, id desc);
select protect('user_groups');

create table user_group_members (
  tenant_id  uuid not null references tenants on delete cascade,
  group_id   uuid not null,
  user_id    uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, group_id, user_id),
  foreign key (tenant_id, group_id) references user_groups (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index user_group_members_user_idx on user_group_members (tenant_id, user_id, group_id);
select protect('user_group_members');

create table space_groups (
  tenant_id  uuid not null references tenants on delete cascade,
  space_id   uuid not null,
  group_id   uuid not null,
  role       text not null constraint space_groups_role_known check (role in ('owner', 'editor', 'viewer')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, space_id, group_id),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, group_id) references user_groups (tenant_id, id) on delete cascade
);
create index space_groups_group_idx on space_groups (tenant_id, group_id, space_id);
select protect('space_groups');

-- One hub to a tenant.
create unique index spaces_organisation_key on spaces (tenant_id) where kind = 'organisation';

-- How much a role is worth: later ones include the rights of earlier ones.
create function role_rank(role text) returns int language sql immutable parallel safe
  as $$ select case role when 'owner' then 3 when 'editor' then 2 when 'viewer' then 1 else 0 end $$;

-- The role of each person in each space: the highest of their own, of those of their groups, and, in the organisation's hub, of what everybody
-- active has there. The caller's own rights and row-level security apply. Ask it with a user_id: then each branch is read by an index.
create view space_roles with (security_invoker = true) as
  select r.space_id, r.user_id, (array['viewer', 'editor', 'owner'])[max(r.rank)] as role
    from (
      select m.space_id, m.user_id, role_rank(m.role) as rank from space_members m
      union all
      select g.space_id, m.user_id, role_rank(g.role)
        from space_groups g join user_group_members m on m.tenant_id = g.tenant_id and m.group_id = g.group_id
      union all
      select s.id, u.id, case u.role when 'admin' then 3 else 1 end
        from spaces s join users u on u.tenant_id = s.tenant_id
       where s.kind = 'organisation' and u.state = 'active' and u.deleted_at is null
    ) as r
   group by r.space_id, r.user_id;

grant select on space_roles, space_groups, user_group_members
  to tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select on user_groups to tessera_workspace;
grant insert, update, delete on space_groups to tessera_workspace;
grant select, insert, update, delete on user_groups to tessera_admin;
grant select, insert, delete on user_group_members to tessera_admin;
grant select, insert, update, delete on idempotency_keys to tessera_admin;
