-- Folders and tags: how people keep order among their own conversations. No colleague sees either.

create table conversation_folders (
  id         uuid primary key,
  tenant_id  uuid not null references tenants on delete cascade,
  user_id    uuid not null,
  name       text not null constraint conversation_folders_name_length check (char_length(name) between 1 and 80),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, id),
  -- A conversation refers to its folder with its user: no conversation is in the folder of another user.
  unique (tenant_id, user_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index conversation_folders_name_key on conversation_folders (tenant_id, user_id, lower(name));
select protect('conversation_folders');
-- A key for one assistant keeps no order.
create policy one_assistant on conversation_folders as restrictive using (app_assistant() is null);

-- The conversations of a folder stay when it is deleted.
alter table conversations add column folder_id uuid;
alter table conversations add constraint conversations_folder_fkey foreign key (tenant_id, user_id, folder_id)
  references conversation_folders (tenant_id, user_id, id) on delete set null (folder_id);
create index conversations_folder_idx on conversations (tenant_id, user_id, folder_id) where folder_id is not null;

-- As their user wrote them; two that differ only in case are one.
alter table conversations add column tags text[] not null default '{}'
  constraint conversations_tags_count check (cardinality(tags) <= 20);

-- Who gave the title: the first question, a model after the first answer, or the user. Null: not known, as before this file and for imports. Only a
-- title of the question is replaced by a model's, once.
alter table conversations add column titled_by text
  constraint conversations_titled_by_known check (titled_by in ('question', 'model', 'user'));

-- A call for a title is recorded as such, beside those for answers.
alter table usage_records drop constraint usage_records_purpose_known;
alter table usage_records add constraint usage_records_purpose_known check (purpose in ('chat', 'title'));
