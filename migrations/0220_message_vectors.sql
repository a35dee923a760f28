-- Conversations are found by the meaning of their messages too: vectors by the embedding model of the installation (ADR 47).

-- Whether the vectors of a question or an answer that has ended were made; some have none, since nothing can be read in them.
alter table messages add column embedded boolean not null default false;
-- What is to be embedded, newest first.
create index messages_unembedded_idx on messages (tenant_id, created_at) where not embedded and status in ('done', 'stopped');
-- Which tenants have such messages (lookup.tenants_with_unembedded_messages).
create policy lookup on messages for select to tessera_lookup using (not embedded);
-- A message does not change when it is embedded.
drop trigger touch on messages;
create trigger touch before update on messages for each row when (old.embedded = new.embedded) execute function touch();

create table message_vectors (
  tenant_id       uuid not null references tenants on delete cascade,
  message_id      uuid not null,
  -- Of the chunk in the message.
  ordinal         int not null,
  conversation_id uuid not null,
  -- Whose conversation it is: a search reads the newest vectors of one user.
  user_id         uuid not null,
  model           text not null references embedding_models (id),
  -- Characters of the message.
  char_start      int not null,
  char_end        int not null,
  embedding       halfvec(384) not null,
  -- Of the message.
  created_at      timestamptz not null,
  primary key (tenant_id, message_id, ordinal),
  foreign key (tenant_id, conversation_id, message_id) references messages (tenant_id, conversation_id, id) on delete cascade
);
-- Not compressed and not apart: each search computes with all of a user's.
alter table message_vectors alter column embedding set storage plain;
create index message_vectors_user_idx on message_vectors (tenant_id, user_id, model, created_at);
select protect('message_vectors');
create policy one_assistant on message_vectors as restrictive
  using (case when app_assistant() is null then true else exists (select from messages m where m.id = message_id) end);

alter table embedding_models
  -- Relevance from which on a message has to do with a query, in any two languages: messages and queries are short, and short texts of any
  -- kind are nearer to each other than chunks of documents. relevance_across does not count. Measured in docs/retrieval.md.
  add column relevant_message float8 not null default 0.55;
update embedding_models set relevant_message = 0.47 where id = 'multilingual-e5-small';

insert into schedules (kind, cron, next_run_at) values ('embed_messages', '* * * * *', now());
