-- Lists of tenants, and the removal of expired rows in all of them, for the worker alone.

-- Every tenant, for the worker's maintenance of each.
create or replace function lookup.tenants()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select id from tenants order by id
$$;

-- Every tenant, page by page: rewrapping all keys is the only work that must visit them all.
create or replace function lookup.tenants_after(p_after uuid, p_limit int)
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select t.id from tenants t where p_after is null or t.id > p_after order by t.id limit p_limit
$$;

-- The tenants that need maintenance. Each list is one statement, so that no worker visits all tenants.

-- With documents, exports, crawls or re-embedded collections that are not finished.
create or replace function lookup.tenants_to_reconcile()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select d.tenant_id from documents d where d.status in ('uploading', 'processing', 'indexing')
  union select d.tenant_id from documents d where d.failure_code = 'upload_broken_off' and d.blob_id is not null
  union select e.tenant_id from audit_exports e where e.state = 'queued'
  union select r.tenant_id from crawl_runs r
         where r.state in ('queued', 'running', 'stopping') or (r.state = 'paused' and r.updated_at < now() - interval '7 days')
  union select c.tenant_id from collections c where c.next_index_id is not null
$$;

-- With documents whose words were indexed by older rules.
create or replace function lookup.tenants_to_reindex()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select distinct d.tenant_id from documents d where d.words_version < 2 and d.status = 'ready'
$$;

-- With messages that are to be embedded. One look into the index for each tenant: after an upgrade all of their messages are in it.
create or replace function lookup.tenants_with_unembedded_messages()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select t.id from tenants t
   where exists (select from messages m where m.tenant_id = t.id and not m.embedded and m.status in ('done', 'stopped'))
$$;

-- With chunks that no collection answers from any more.
create or replace function lookup.tenants_with_stale_indexes()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select distinct i.tenant_id from stale_indexes i
$$;

-- With stored bytes that belong to no document and to no import that has not ended, or attachments whose conversation is gone.
create or replace function lookup.tenants_with_orphans()
  returns table (tenant_id uuid) language sql stable security definer set search_path = public, pg_temp as $$
  select distinct b.tenant_id from blobs b
   where b.updated_at < now() - interval '1 day' and not exists (select from documents d where d.blob_id = b.id)
     and not exists (select from conversation_imports i join jobs j on j.id = i.job_id
                      where i.blob_id = b.id and j.status in ('queued', 'running'))
  union select c.tenant_id from collections c where c.for_attachments and c.conversation_id is null
$$;

-- Removes sessions, links, idempotency keys and deleted conversations of all tenants that have expired, at most p_limit of each; returns how many. Ended
-- sessions are kept for a day, to distinguish a stolen token from an unknown one.
create or replace function lookup.remove_expired(p_limit int)
  returns bigint language sql volatile security definer set search_path = public, pg_temp as $$
  with s as (
    delete from sessions where id in (
      select o.id from sessions o
       where least(o.expires_at, o.idle_expires_at, coalesce(o.revoked_at, 'infinity')) < now() - interval '1 day' limit p_limit)
    returning 1
  ), l as (
    delete from one_time_links where id in (
      select o.id from one_time_links o where o.expires_at < now() - interval '1 day' limit p_limit)
    returning 1
  ), k as (
    delete from idempotency_keys where (tenant_id, user_id, key) in (
      select o.tenant_id, o.user_id, o.key from idempotency_keys o where o.created_at < now() - interval '1 day' limit p_limit)
    returning 1
  ), c as (
    delete from conversations where id in (
      select o.id from conversations o where o.deleted_at < now() - interval '30 days' limit p_limit)
    returning 1
  )
  select (select count(*) from s) + (select count(*) from l) + (select count(*) from k) + (select count(*) from c)
$$;
