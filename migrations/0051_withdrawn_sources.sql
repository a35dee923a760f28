-- What an answer quotes goes with the document: once a document is deleted, answers keep the number of the source, and nothing that it said.

-- Which answers quote a document. No component reads or writes it: two functions that act as their owner do.
create table message_documents (
  tenant_id   uuid not null references tenants on delete cascade,
  document_id uuid not null,
  message_id  uuid not null,
  primary key (tenant_id, document_id, message_id),
  -- No reference to the document: its row is deleted when the function below is asked.
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
create index message_documents_message_idx on message_documents (tenant_id, message_id);
select protect('message_documents');
-- As the messages themselves: a key for one assistant reaches that one's only.
create policy one_assistant on message_documents as restrictive
  using (case when app_assistant() is null then true else exists (select from messages m where m.id = message_id) end);

-- A source without what its document says.
create function withdrawn_source(p_source jsonb) returns jsonb language sql immutable parallel safe as $$
  select p_source || '{"title": "", "page": null, "heading_path": [], "snippet": "", "score": 0, "available": false}'
$$;

create function lookup.note_sources() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into message_documents (tenant_id, document_id, message_id)
    select new.tenant_id, (s ->> 'document_id')::uuid, new.id
      from jsonb_array_elements(new.sources) s where coalesce((s -> 'available')::boolean, true)
    on conflict do nothing;
  return null;
end $$;

create function lookup.withdraw_sources() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
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

grant select (id, tenant_id, sources), update (sources) on messages to tessera_lookup;
grant select, insert, delete on message_documents to tessera_lookup;
-- The policy of messages that keeps a key to its assistant asks for the conversation.
grant select (id) on conversations to tessera_lookup;
grant create on schema lookup to tessera_lookup;
alter function lookup.note_sources() owner to tessera_lookup;
alter function lookup.withdraw_sources() owner to tessera_lookup;
revoke execute on function lookup.note_sources(), lookup.withdraw_sources() from public;

-- Answers from before. The owner of the tables is bound by row-level security like everybody, and there is no tenant here.
alter table messages no force row level security;
alter table documents no force row level security;
alter table message_documents no force row level security;
update messages m
   set sources = (select jsonb_agg(case when exists (select from documents d where d.id = (s.value ->> 'document_id')::uuid)
                                        then s.value else withdrawn_source(s.value) end order by s.ordinality)
                    from jsonb_array_elements(m.sources) with ordinality s)
 where exists (select from jsonb_array_elements(m.sources) s
                where not exists (select from documents d where d.id = (s ->> 'document_id')::uuid));
insert into message_documents (tenant_id, document_id, message_id)
  select m.tenant_id, d.id, m.id from messages m, jsonb_array_elements(m.sources) s join documents d on d.id = (s ->> 'document_id')::uuid
  on conflict do nothing;
alter table messages force row level security;
alter table documents force row level security;
alter table message_documents force row level security;

create trigger note_sources after insert or update of sources on messages for each row when (new.sources <> '[]')
  execute function lookup.note_sources();
create trigger withdraw_sources after delete on documents referencing old table as gone for each statement
  execute function lookup.withdraw_sources();
