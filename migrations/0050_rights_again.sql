-- Rights that are asked for again by the statement that completes a long request; room that is reserved as bytes arrive.

-- ---------------------------------------------------------------- does the credential of a request still live?

-- Whether the session, or the API key, with which a request was opened is still good, and its user and tenant are. For statements that complete
-- what began long ago: components may not read sessions and keys themselves.
create function lookup.credential_is_live(p_user uuid, p_session uuid, p_key uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (
    select from users u join tenants t on t.id = u.tenant_id
     where u.id = p_user and u.tenant_id = app_tenant() and u.state = 'active' and u.deleted_at is null and t.state = 'active'
       and (exists (select from sessions s
                     where s.id = p_session and s.tenant_id = u.tenant_id and s.user_id = u.id and s.revoked_at is null and s.expires_at > now())
            or exists (select from api_keys k
                        where k.id = p_key and k.tenant_id = u.tenant_id and k.user_id = u.id and k.revoked_at is null
                          and (k.expires_at is null or k.expires_at > now()))))
$$;
alter function lookup.credential_is_live(uuid, uuid, uuid) owner to tessera_lookup;
revoke execute on function lookup.credential_is_live(uuid, uuid, uuid) from public;
grant execute on function lookup.credential_is_live(uuid, uuid, uuid) to tessera_upload, tessera_chat;

-- ---------------------------------------------------------------- how many uploads a person has open

create index documents_uploading_idx on documents (tenant_id, created_by) where status = 'uploading';

-- Whether a person may begin one more upload. Its lock is held until the statement that asked is committed, and the count is a statement of its
-- own: it sees what those who had the lock before have inserted. An upload whose process died gives no heartbeat and counts for two minutes.
create function upload_slot_free(p_user uuid, p_most int) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('uploads ' || app_tenant() || ' ' || p_user, 0));
  return (select count(*) from documents d join blobs b on b.id = d.blob_id
           where d.created_by = p_user and d.status = 'uploading' and b.updated_at > now() - interval '2 minutes') < p_most;
end $$;

-- ---------------------------------------------------------------- room is reserved in steps

-- As before (0019), but what a blob gets beyond its need is at most as much as it has used: what has not sent a mebibyte holds no sixteen.
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

-- ---------------------------------------------------------------- the same key is the same content

-- SHA-256 of what an upload with an idempotency key brought: it is known only once all bytes are there.
alter table idempotency_keys add column content_sha256 bytea;
