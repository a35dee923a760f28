-- Links by which colleagues read a conversation up to a message (docs/operations.md). The id is the secret of the link.

create table conversation_shares (
  id              uuid primary key,
  tenant_id       uuid not null references tenants on delete cascade,
  conversation_id uuid not null,
  -- The last message that the link shows.
  head_id         uuid not null,
  expires_at      timestamptz not null,
  revoked_at      timestamptz,
  created_at      timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, conversation_id, head_id) references messages (tenant_id, conversation_id, id) on delete cascade
);
create index conversation_shares_conversation_idx on conversation_shares (tenant_id, conversation_id, created_at);
create index conversation_shares_head_idx on conversation_shares (tenant_id, conversation_id, head_id);
select protect('conversation_shares');
create policy one_assistant on conversation_shares as restrictive
  using (case when app_assistant() is null then true else exists (select from conversations c where c.id = conversation_id) end);
-- The id would open the conversation to readers of the log, so the conversation names the entry.
select audited('conversation_shares', 'conversation_share', 'conversation_id', 'conversation_id,head_id,expires_at,revoked_at');
