-- Room in the storage of a tenant is reserved before it is used: uploads that come at once do not pass the quota together, and bytes count even
-- where whoever wrote them died.

-- What the sum of a tenant is read from, without its rows.
create index blobs_storage_idx on blobs (tenant_id) include (size_bytes);

-- Lets a blob grow to p_need bytes. Answers the size that is reserved for it then: less than p_need where the quota would be passed; null where
-- the blob is gone.
--
-- A sum over the tenant's blobs, not a counter beside them: a deletion would have to lock the counter while it has the rows of blobs, and one that
-- takes a collection away would hold up, or deadlock with, every upload. The sum costs milliseconds for a hundred thousand files; so that a large
-- file does not pay them for each of its pieces, a blob gets 16 MiB more than it needs, as long as a gigabyte is left besides: near the quota
-- every byte is reserved exactly, and nobody is refused for what another only might use.
create function reserve_storage(p_blob uuid, p_need bigint) returns bigint language plpgsql as $$
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
  update blobs set size_bytes = p_need + case when v_free >= 1 << 30 then 16 << 20 else 0 end where id = p_blob
    returning size_bytes into v_size;
  return v_size;
end $$;
