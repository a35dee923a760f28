-- Spaces with their members, and assistants.

create table spaces (
  id          uuid primary key,
  tenant_id   uuid not null references tenants on delete cascade,
  name        text not null,
  description text not null default '',
  kind        text not null default 'shared' constraint spaces_kind_known check (kind in ('personal', 'shared', 'organisation')),
  created_by  uuid not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create unique index spaces_personal_key on spaces (tenant_id, created_by) where kind = 'personal';
select protect('spaces');

create table space_members (
  tenant_id  uuid not null references tenants on delete cascade,
  space_id   uuid not null,
  user_id    uuid not null,
  role       text not null constraint space_members_role_known check (role in ('owner', 'editor', 'viewer')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint space_members_pkey primary key (tenant_id, space_id, user_id),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index space_members_user_idx on space_members (tenant_id, user_id, space_id);
select protect('space_members');

create table assistants (
  id           uuid primary key,
  tenant_id    uuid not null references tenants on delete cascade,
  space_id     uuid not null,
  name         text not null,
  description  text not null default '',
  instructions text not null default '',
  model        text,
  temperature  float8 constraint assistants_temperature_range check (temperature between 0 and 2),
  published    boolean not null default true,
  created_by   uuid not null,
  deleted_at   timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create index assistants_space_idx on assistants (tenant_id, space_id);
select protect('assistants');

grant select, insert, update, delete on spaces, space_members, assistants to tessera_workspace;
grant select, insert on spaces, space_members to tessera_auth, tessera_worker;
grant select on spaces, space_members to tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select on assistants to tessera_chat;
