-- Stored bytes: the quota of a tenant, uploads at the same time, and the end of an original.

-- Lets a blob grow to p_need bytes. Answers the size that is reserved for it then: less than p_need if the quota
-- would be exceeded; null if the blob is gone.
--
-- A sum over the tenant's blobs, not a counter beside them: a deletion would have to lock the counter while it
-- has the rows of blobs, and one that takes a collection away would hold up, or deadlock with, every upload. The
-- sum costs milliseconds for a hundred thousand files; so that a large file does not pay them for each of its
-- parts, a blob gets up to 16 MiB more than it needs (at most as much as it has used), as long as a gigabyte is
-- left besides: near the quota every byte is reserved exactly.
create or replace function reserve_storage(p_blob uuid, p_need bigint) returns bigint language plpgsql as $$
declare
  v_size bigint;
  v_free bigint;
begin
  -- The blob's own row before the tenant's lock: who has that waits for nothing any more, so it is held for the sum only, and no deadlock passes it.
  select size_bytes into v_size from blobs where id = p_blob for no key update;
  if v_size is null or v_size >= p_need then
    return v_size;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('storage ' || app_tenant(), 0));
  -- A statement of its own: it sees what those who had the lock before have reserved.
  select t.storage_quota_bytes - coalesce((select sum(b.size_bytes) from blobs b), 0)::bigint - (p_need - v_size) into v_free from tenants t;
  if v_free < 0 then
    return v_size;
  end if;
  update blobs set size_bytes = p_need + case when v_free >= 1 << 30 then least(16 << 20, v_size) else 0 end where id = p_blob
    returning size_bytes into v_size;
  return v_size;
end $$;

-- Whether a user may begin one more upload. Its lock is held until the statement that asked is committed, and
-- the count is a statement of its own: it sees what those who had the lock before have inserted. An upload whose
-- process died gives no heartbeat and counts for two minutes.
create or replace function upload_slot_free(p_user uuid, p_most int) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('uploads ' || app_tenant() || ' ' || p_user, 0));
  return (select count(*) from documents d join blobs b on b.id = d.blob_id
           where d.created_by = p_user and d.status = 'uploading' and b.updated_at > now() - interval '2 minutes') < p_most;
end $$;

-- Trigger: the original goes with its document, also if a whole collection or space is deleted.
create or replace function drop_blob() returns trigger language plpgsql
  as $$ begin delete from blobs where id = old.blob_id; return null; end $$;

-- What is left of the tenant's quota. Nobody else takes of it until the transaction has ended: for what stores many blobs at once.
create or replace function hold_free_storage() returns bigint language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('storage ' || app_tenant(), 0));
  return (select t.storage_quota_bytes - coalesce((select sum(b.size_bytes) from blobs b), 0)::bigint from tenants t);
end $$;
