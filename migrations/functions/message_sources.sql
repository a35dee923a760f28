-- Quotations in answers are deleted with the document.

-- A source without the content of its document.
create or replace function withdrawn_source(p_source jsonb) returns jsonb language sql immutable parallel safe as $$
  select p_source || '{"title": "", "filename": null, "collection": null, "web_source": null, "page": null, "heading_path": [], "snippet": "", "score": 0, "available": false}'
$$;

-- Trigger: stores which documents an answer quotes.
create or replace function lookup.note_sources() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into message_documents (tenant_id, document_id, message_id)
    select new.tenant_id, (s ->> 'document_id')::uuid, new.id
      from jsonb_array_elements(new.sources) s where coalesce((s -> 'available')::boolean, true)
    on conflict do nothing;
  return null;
end $$;

-- Trigger: once a document is deleted, answers keep the number of the source without its content.
create or replace function lookup.withdraw_sources() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update messages m
     set sources = (select jsonb_agg(case when exists (select from gone g where g.id = (s.value ->> 'document_id')::uuid)
                                          then withdrawn_source(s.value) else s.value end order by s.ordinality)
                      from jsonb_array_elements(m.sources) with ordinality s)
   where m.tenant_id = app_tenant()
     and m.id in (select l.message_id from message_documents l join gone g on g.tenant_id = l.tenant_id and g.id = l.document_id);
  delete from message_documents l using gone g where g.tenant_id = l.tenant_id and g.id = l.document_id;
  return null;
end $$;
