-- The prompt library.

-- Whether an owner, a user or a space, may have one more prompt. The lock is held until the calling statement commits,
-- and the count is a statement of its own: it sees the inserts of earlier holders of the lock.
create or replace function prompt_slot_free(p_user uuid, p_space uuid, p_most bigint) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('prompts ' || app_tenant() || ' ' || coalesce(p_user, p_space), 0));
  return (select count(*) from prompts where user_id = p_user or space_id = p_space) < p_most;
end $$;
