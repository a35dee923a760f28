-- Folders of conversations.

-- Whether a user may have one more folder. The lock is held until the calling statement commits, and the count is a
-- statement of its own: it sees the inserts of earlier holders of the lock.
create or replace function folder_slot_free(p_user uuid, p_most bigint) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('folders ' || app_tenant() || ' ' || p_user, 0));
  return (select count(*) from conversation_folders where user_id = p_user) < p_most;
end $$;
