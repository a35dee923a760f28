-- Conversations are pinned, archived and deleted by their owner; a deleted one can be restored for 30 days.

alter table conversations add column pinned_at timestamptz, add column archived_at timestamptz, add column deleted_at timestamptz;
create index conversations_deleted_idx on conversations (deleted_at) where deleted_at is not null;

-- What was deleted and restored is on record; what a user pins is not.
drop trigger audit on conversations;
select audited('conversations', 'conversation', 'id', 'assistant_id,user_id,title,deleted_at', 'title');

-- Pinning and archiving leave the time of the last use.
drop trigger touch on conversations;
create trigger touch before update on conversations for each row
  when ((old.title, old.deleted_at) is distinct from (new.title, new.deleted_at)) execute function touch();

-- Those that cannot be restored any more are removed without a ticket, of every tenant.
create policy lookup on conversations to tessera_lookup using (deleted_at < now() - interval '30 days');
