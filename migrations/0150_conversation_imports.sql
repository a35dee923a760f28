-- Conversations that users bring along from other products (crates/imports).

create table conversation_imports (
  id           uuid primary key,
  tenant_id    uuid not null references tenants on delete cascade,
  user_id      uuid not null,
  -- Where the conversations go.
  space_id     uuid not null,
  assistant_id uuid not null,
  job_id       uuid not null,
  -- The file; null once it was read.
  blob_id      uuid,
  file_name    text not null constraint conversation_imports_name_length check (char_length(file_name) between 1 and 255),
  size_bytes   bigint not null,
  -- The product whose export it is, once it is known.
  source       text constraint conversation_imports_source_known check (source in ('chatgpt', 'open_webui', 'librechat', 'tessera')),
  -- Conversations: stored, there already, without anything to store. Messages: stored.
  imported     int not null default 0,
  duplicates   int not null default 0,
  skipped      int not null default 0,
  messages     int not null default 0,
  -- Number of parts that were not taken, by kind.
  left_out     jsonb not null default '{}',
  -- The conversations that were not taken, or not completely.
  report       jsonb not null default '[]',
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, assistant_id) references assistants (tenant_id, id) on delete cascade,
  foreign key (tenant_id, job_id) references jobs (tenant_id, id) on delete cascade,
  foreign key (tenant_id, blob_id) references blobs (tenant_id, id) on delete set null (blob_id)
);
create index conversation_imports_user_idx on conversation_imports (tenant_id, user_id, created_at);
create index conversation_imports_job_idx on conversation_imports (tenant_id, job_id);
create index conversation_imports_blob_idx on conversation_imports (tenant_id, blob_id) where blob_id is not null;
select protect('conversation_imports');
-- A key for one assistant imports nothing.
create policy one_assistant on conversation_imports as restrictive using (app_assistant() is null);
-- The file of an import belongs to no document (lookup.tenants_with_orphans).
create policy lookup on conversation_imports for select to tessera_lookup using (true);
select audited('conversation_imports', 'conversation_import', 'id', 'user_id,assistant_id,file_name,size_bytes');

-- Where a conversation comes from; null: it began here.
alter table conversations add column imported_from text
  constraint conversations_source_known check (imported_from in ('chatgpt', 'open_webui', 'librechat', 'tessera'));
alter table conversations add column import_id uuid;
-- SHA-256 of the source and the id there: the same export brings nothing twice.
alter table conversations add column import_key bytea;
alter table conversations add constraint conversations_import_fkey foreign key (tenant_id, import_id)
  references conversation_imports (tenant_id, id) on delete set null (import_id);
create unique index conversations_import_key on conversations (tenant_id, user_id, import_key) where import_key is not null;
create index conversations_import_idx on conversations (tenant_id, import_id) where import_id is not null;

-- Answers of other products have no sources here. Questions that are asked here later have null.
alter table messages add column imported_from text
  constraint messages_source_known check (imported_from in ('chatgpt', 'open_webui', 'librechat', 'tessera'));
