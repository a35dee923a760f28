-- Conversations and their messages.

create table conversations (
  id           uuid primary key,
  tenant_id    uuid not null references tenants on delete cascade,
  user_id      uuid not null,
  space_id     uuid not null,
  assistant_id uuid not null,
  title        text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, assistant_id) references assistants (tenant_id, id) on delete cascade
);
create index conversations_user_idx on conversations (tenant_id, user_id, created_at);
select protect('conversations');

create table messages (
  id                uuid primary key,
  tenant_id         uuid not null references tenants on delete cascade,
  conversation_id   uuid not null,
  role              text not null constraint messages_role_known check (role in ('user', 'assistant')),
  content           text not null default '',
  status            text not null default 'done'
                    constraint messages_status_known check (status in ('pending', 'streaming', 'done', 'stopped', 'failed')),
  sources           jsonb not null default '[]',
  citations         jsonb not null default '[]',
  model             text,
  prompt_tokens     int,
  completion_tokens int,
  problem_code      text,
  problem_detail    text,
  request_id        text,
  stop_asked_at     timestamptz,
  -- While the answer is written: whoever writes it says so every few seconds; silence means that the process died.
  alive_at          timestamptz,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index messages_conversation_idx on messages (tenant_id, conversation_id, created_at, id);
-- One answer at a time in a conversation.
create unique index messages_running_key on messages (tenant_id, conversation_id) where status in ('pending', 'streaming');
select protect('messages');

grant select, insert, update, delete on conversations, messages to tessera_chat;
