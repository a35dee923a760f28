-- Stored bytes: the quota of a tenant, uploads at the same time, and the end of an original.

-- Lets a blob grow to p_need bytes. Returns its reserved size: less than p_need if the quota
-- would be exceeded; null if the blob is gone.
--
-- A sum over the tenant's blobs, not a counter beside them: a deletion would have to lock the counter while it
-- has the rows of blobs, and one of a complete collection would block, or deadlock with, every upload. The
-- sum costs milliseconds for a hundred thousand files; so that a large file does not pay them for each of its
-- parts, a blob gets up to 16 MiB more than it needs (at most as much as it has used), as long as another gigabyte is
-- free: near the quota every byte is reserved exactly.
create or replace function reserve_storage(p_blob uuid, p_need bigint) returns bigint language plpgsql as $$
declare
  v_size bigint;
  v_free bigint;
begin
  -- The blob's own row before the tenant's lock: the holder of that lock waits for no other, so it is held for the sum only, and there is no deadlock.
  select size_bytes into v_size from blobs where id = p_blob for no key update;
  if v_size is null or v_size >= p_need then
    return v_size;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('storage ' || app_tenant(), 0));
  -- A statement of its own: it sees the reservations of earlier holders of the lock.
  select t.storage_quota_bytes - coalesce((select sum(b.size_bytes) from blobs b), 0)::bigint - (p_need - v_size) into v_free from tenants t;
  if v_free < 0 then
    return v_size;
  end if;
  update blobs set size_bytes = p_need + case when v_free >= 1 << 30 then least(16 << 20, v_size) else 0 end where id = p_blob
    returning size_bytes into v_size;
  return v_size;
end $$;

-- Whether a user may begin one more upload. Its lock is held until the calling statement commits, and
-- the count is a statement of its own: it sees the inserts of earlier holders of the lock. An upload whose
-- process died sends no heartbeat and counts for two minutes.
create or replace function upload_slot_free(p_user uuid, p_most int) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('uploads ' || app_tenant() || ' ' || p_user, 0));
  return (select count(*) from documents d join blobs b on b.id = d.blob_id
           where d.created_by = p_user and d.status = 'uploading' and b.updated_at > now() - interval '2 minutes')
       + (select count(*) from blobs b
           where b.uploaded_by = p_user and b.sha256 is null and b.updated_at > now() - interval '2 minutes') < p_most;
end $$;

-- Whether a collection of attachments may have one more; any other collection may. Lock and count as above.
create or replace function attachment_slot_free(p_collection uuid, p_most bigint) returns boolean language plpgsql as $$
begin
  if not exists (select from collections c where c.id = p_collection and c.for_attachments) then
    return true;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('attachments ' || app_tenant() || ' ' || p_collection, 0));
  return (select count(*) from documents d where d.collection_id = p_collection) < p_most;
end $$;

-- Whether a user may have one more import that has not ended. Lock and count as above.
create or replace function import_slot_free(p_user uuid, p_most bigint) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('imports ' || app_tenant() || ' ' || p_user, 0));
  return (select count(*) from conversation_imports i join jobs j on j.id = i.job_id
           where i.user_id = p_user and j.status in ('queued', 'running')) < p_most;
end $$;

-- Trigger: deletes the original with its document, also if a complete collection or space is deleted.
create or replace function drop_blob() returns trigger language plpgsql
  as $$ begin delete from blobs where tenant_id = old.tenant_id and id = old.blob_id; return null; end $$;

-- What is left of the tenant's quota. Nobody else takes of it until the transaction has ended: for what stores many blobs at once.
create or replace function hold_free_storage() returns bigint language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('storage ' || app_tenant(), 0));
  return (select t.storage_quota_bytes - coalesce((select sum(b.size_bytes) from blobs b), 0)::bigint from tenants t);
end $$;
