-- Files that people attach to a question: documents of a collection that belongs to one conversation (ADR 36).

alter table collections
  -- Of a conversation: in no list of collections, and searched only by name.
  add column for_attachments boolean not null default false,
  -- Null again when the conversation is gone; maintenance then removes the collection with its documents and bytes.
  add column conversation_id uuid,
  add constraint collections_attachments check (for_attachments or conversation_id is null),
  add constraint collections_conversation_fkey foreign key (tenant_id, conversation_id)
    references conversations (tenant_id, id) on delete set null (conversation_id);
create unique index collections_conversation_key on collections (tenant_id, conversation_id) where conversation_id is not null;
create index collections_left_attachments_idx on collections (tenant_id) where for_attachments and conversation_id is null;

create table message_attachments (
  tenant_id   uuid not null references tenants on delete cascade,
  message_id  uuid not null,
  document_id uuid not null,
  -- Counted from 1, in the order of the question.
  position    int not null,
  primary key (tenant_id, message_id, document_id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade,
  foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
);
create index message_attachments_document_idx on message_attachments (tenant_id, document_id);
select protect('message_attachments');
create policy one_assistant on message_attachments as restrictive
  using (case when app_assistant() is null then true else exists (select from messages m where m.id = message_id) end);
