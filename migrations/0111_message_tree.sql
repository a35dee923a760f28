-- The messages of a conversation are a tree: another version of a question or an answer is a sibling. The path from the root to the head
-- is the conversation that is shown (ADR 32).

alter table messages add column parent_id uuid;
-- Number of messages from the root of the path to this one; null until the message has a place in the tree (functions/message_tree.sql).
alter table messages add column depth int constraint messages_depth_positive check (depth > 0);
alter table messages add constraint messages_conversation_key unique (tenant_id, conversation_id, id);
-- A parent is in the same conversation.
alter table messages add constraint messages_parent_fkey foreign key (tenant_id, conversation_id, parent_id)
  references messages (tenant_id, conversation_id, id) on delete cascade;
create index messages_parent_idx on messages (tenant_id, conversation_id, parent_id, created_at, id);

alter table conversations add column head_id uuid;
alter table conversations add constraint conversations_head_fkey foreign key (tenant_id, id, head_id)
  references messages (tenant_id, conversation_id, id) on delete set null (head_id);

-- A conversation from before is one path. Its times stay.
alter table messages no force row level security;
alter table conversations no force row level security;
alter table messages disable trigger touch;
alter table conversations disable trigger touch;
update messages m set parent_id = o.parent_id, depth = o.depth
  from (select id, lag(id) over w as parent_id, row_number() over w as depth
          from messages window w as (partition by tenant_id, conversation_id order by created_at, id)) o
 where o.id = m.id;
update conversations c set head_id = h.id
  from (select distinct on (tenant_id, conversation_id) tenant_id, conversation_id, id
          from messages order by tenant_id, conversation_id, depth desc) h
 where h.tenant_id = c.tenant_id and h.conversation_id = c.id;
alter table conversations enable trigger touch;
alter table messages enable trigger touch;
alter table conversations force row level security;
alter table messages force row level security;

drop trigger touch on conversations;
create trigger touch before update on conversations for each row
  when ((old.title, old.head_id, old.deleted_at) is distinct from (new.title, new.head_id, new.deleted_at)) execute function touch();
