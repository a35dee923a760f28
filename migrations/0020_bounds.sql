-- Bounds: how much of the log one statement walks, and how much one change adds to it. Changes that were not on record, and grants that nobody used.

-- ---------------------------------------------------------------- the log grows by so much at a time

-- A text as an entry keeps it. Of a long one (an assistant's instructions have up to 20 000 characters) its beginning, length and SHA-256: enough
-- to prove what it was to whoever has it, and whoever changes it back and forth does not fill the log.
create function audit.kept(p_value jsonb) returns jsonb language sql immutable set search_path = public, pg_temp as $$
  select case when length(v.text) > 2000
              then jsonb_build_object('begins', left(v.text, 1000), 'characters', length(v.text),
                                      'sha256', encode(sha256(convert_to(v.text, 'UTF8')), 'hex'))
              else p_value end
    from (select p_value #>> '{}' as text) v
$$;

-- As before (0011), but long texts are kept in short.
create or replace function audit.row() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  columns text[] := string_to_array(tg_argv[2], ',');
  masked  text[] := string_to_array(tg_argv[3], ',');
  was     jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  is_now  jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  tenant  uuid := coalesce(is_now, was) ->> case when tg_table_name = 'tenants' then 'id' else 'tenant_id' end;
  verb    text := case tg_op when 'INSERT' then 'create' when 'UPDATE' then 'update' else 'delete' end;
  actor   text;
  before  jsonb;
  after   jsonb;
begin
  -- With the tenant goes its log.
  if not exists (select from tenants where id = tenant) then
    return null;
  end if;
  select jsonb_object_agg(c, case when c = any (masked) and was -> c <> 'null' then '"***"' else audit.kept(was -> c) end) filter (where was is not null),
         jsonb_object_agg(c, case when c = any (masked) and is_now -> c <> 'null' then '"***"' else audit.kept(is_now -> c) end) filter (where is_now is not null)
    into before, after
    from unnest(columns) c
   where tg_op <> 'UPDATE' or was -> c is distinct from is_now -> c;
  if tg_op = 'UPDATE' and before is null then
    return null;
  end if;
  -- Who signs in is nobody until then.
  if tg_table_name = 'sessions' and tg_op = 'INSERT' then
    actor := 'user ' || (is_now ->> 'user_id');
  end if;
  perform audit.append(tenant, tg_argv[0] || '.' || verb, tg_argv[0], coalesce(is_now, was) ->> tg_argv[1], before, after, actor);
  return null;
end $$;

-- ---------------------------------------------------------------- the log is walked by so much at a time

drop function audit.verify();

-- Walks the chain of the tenant that is set from the entry after p_after (0: from its beginning), at most p_limit entries: how many those were,
-- the last of them, the first that does not fit, and whether the chain goes on behind them. What the first has to follow is read from the
-- table, never taken from the caller; so all pieces fit where the whole chain does, and only there.
create function audit.verify(p_after bigint, p_limit int)
  returns table (entries bigint, last_seq bigint, first_broken bigint, more boolean, head_seq bigint, head_hash bytea)
  language sql stable security definer set search_path = public, pg_temp as $$
  with head as (
    -- A head that is missing is one that knows of no entries.
    select coalesce(h.seq, 0) as seq, coalesce(h.hash, '\x') as hash, coalesce(h.base_seq, 0) as base_seq, coalesce(h.base_hash, '\x') as base_hash
      from (select app_tenant() as tenant_id) t left join audit_heads h on h.tenant_id = t.tenant_id
  ), link as (
    -- Older entries may have been purged since the piece before: then the chain begins later.
    select greatest(p_after, base_seq) as seq,
           case when p_after > base_seq then (select e.hash from audit_entries e where e.tenant_id = app_tenant() and e.seq = p_after)
                else base_hash end as hash
      from head
  ), piece as (
    select e.seq, e.hash, e.previous_hash, audit.hash(e) as expected
      from audit_entries e where e.tenant_id = app_tenant() and e.seq > p_after order by e.seq limit p_limit
  ), chain as (
    select p.*, lag(p.seq, 1, l.seq) over w as seq_before, lag(p.hash, 1, l.hash) over w as hash_before
      from piece p, link l window w as (order by p.seq)
  ), ending as (
    select count(*) as entries, coalesce(max(seq), (select seq from link)) as seq,
           coalesce((select hash from chain order by seq desc limit 1), (select hash from link)) as hash
      from chain
  ), rest as (
    select exists (select from audit_entries e where e.tenant_id = app_tenant() and e.seq > (select seq from ending)) as more
  )
  select n.entries, n.seq,
         coalesce((select min(seq) from chain where hash <> expected or previous_hash is distinct from hash_before or seq <> seq_before + 1),
                  -- Entries cut off at the end: the head knows of more.
                  case when not r.more and (h.seq, h.hash) is distinct from (n.seq, n.hash) then n.seq + 1 end),
         r.more, h.seq, h.hash
    from head h, ending n, rest r
$$;

grant create on schema audit to tessera_audit;
alter function audit.kept(jsonb) owner to tessera_audit;
alter function audit.verify(bigint, int) owner to tessera_audit;
revoke create on schema audit from tessera_audit;
revoke execute on function audit.kept(jsonb), audit.verify(bigint, int) from public;
grant execute on function audit.verify(bigint, int) to tessera_admin, tessera_worker;

-- ---------------------------------------------------------------- on record

-- What a conversation is called is its person's own: that it changed, not what it was.
drop trigger audit on conversations;
select audited('conversations', 'conversation', 'id', 'assistant_id,user_id,title', 'title');

-- Of a job what people do with it: the worker writes its progress many times a second.
create constraint trigger audit after update of cancel_asked_at, status on jobs deferrable initially deferred for each row
  when ((old.cancel_asked_at is null and new.cancel_asked_at is not null)
        or (old.status in ('failed', 'dead', 'cancelled') and new.status = 'queued'))
  execute function audit.row('job', 'id', 'status,cancel_asked_at', '');
-- A document that failed is processed again.
create constraint trigger audit_retry after update of status on documents deferrable initially deferred for each row
  when (old.status = 'failed' and new.status <> 'failed')
  execute function audit.row('document', 'id', 'status', '');

-- ---------------------------------------------------------------- an export that failed says why

alter table audit_exports add column failure_code text, add column failure_detail text, add column failure_hint text;

-- ---------------------------------------------------------------- a key that is used is not changed

drop trigger touch on api_keys;
create trigger touch before update of user_id, assistant_id, name, prefix, secret_hash, scopes, requests_per_minute, expires_at, revoked_at on api_keys
  for each row execute function touch();

-- ---------------------------------------------------------------- grants that no statement used (tests/whole/grants.rs)

revoke select on audit_heads from tessera_admin, tessera_worker;
revoke select on jobs from tessera_admin;
revoke insert on jobs from tessera_admin;
grant insert (id, tenant_id, kind, payload, max_attempts, created_by) on jobs to tessera_admin;
revoke update on jobs from tessera_workspace, tessera_upload;
revoke insert on jobs from tessera_events, tessera_worker;
revoke select on documents from tessera_events;
revoke delete on messages from tessera_chat;
revoke delete on assistants from tessera_workspace;
revoke update on assistant_collections from tessera_workspace;
-- What belongs to a row that is deleted goes with it by its reference, for which nobody needs a right.
revoke delete on blob_chunks from tessera_workspace;
revoke select, update, delete on blob_chunks from tessera_upload;
revoke insert, update, delete on blob_chunks from tessera_worker;
revoke insert, update on blobs from tessera_worker;
revoke update on chunks, document_pages from tessera_worker;
revoke insert, delete on documents from tessera_worker;
revoke select, insert, delete on collections from tessera_worker;
revoke select on worker_heartbeats from tessera_scheduler;
revoke select on space_members from tessera_auth, tessera_passwords, tessera_scim, tessera_worker;
revoke select, delete on one_time_links from tessera_sysadmin;
grant select (expires_at) on one_time_links to tessera_sysadmin;
revoke select on operator_log from tessera_sysadmin;
revoke select on users from tessera_sysadmin;
grant select (id, tenant_id) on users to tessera_sysadmin;

-- Since requests are opened by functions that act as their owner (0018), these need not be read for that.
revoke select on roles from
  tessera_auth, tessera_passwords, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
revoke select on tenants from tessera_auth, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
grant select (storage_quota_bytes) on tenants to tessera_upload;
-- What `space_roles` reads is left.
revoke select (email, display_name, created_at, updated_at, custom_role_id) on users from tessera_upload, tessera_search, tessera_chat, tessera_events;
revoke execute on function lookup.assistant_standing(uuid, uuid) from
  tessera_passwords, tessera_admin, tessera_workspace, tessera_upload, tessera_search, tessera_chat, tessera_events;
revoke execute on function audit.event(text, text, text, jsonb) from tessera_worker;
