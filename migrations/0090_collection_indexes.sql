-- Collections can be moved to another embedding model. The chunks that one model made of a collection are an index; a collection has the index
-- that answers, and while it is re-embedded a next one. The id of the first index of collections from before is the collection's own.

alter table chunks rename column collection_id to index_id;
alter table chunks drop constraint chunks_tenant_id_document_id_ordinal_key,
  add constraint chunks_ordinal_key unique (tenant_id, document_id, index_id, ordinal);
alter index chunks_collection_idx rename to chunks_index_idx;
-- Lexemes are counted for each index. They go with the collection by a trigger (functions/search.sql).
alter table collection_lexemes rename column collection_id to index_id;
alter table collection_lexemes drop constraint collection_lexemes_tenant_id_collection_id_fkey;

alter table collections
  add column index_id             uuid,
  add column next_index_id        uuid,
  add column next_embedding_model text references embedding_models (id),
  -- The job that makes the next index.
  add column reembed_job_id       uuid,
  add constraint collections_next_index check (num_nulls(next_index_id, next_embedding_model, reembed_job_id) in (0, 3));
-- Nobody changed these rows: neither their time nor the audit log is to say so.
alter table collections no force row level security;
alter table collections disable trigger user;
update collections set index_id = id;
alter table collections enable trigger user;
alter table collections force row level security;
alter table collections alter column index_id set default gen_random_uuid(), alter column index_id set not null;
create index collections_reembedded_idx on collections (tenant_id) where next_index_id is not null;
create policy lookup on collections for select to tessera_lookup using (true);

-- Documents whose chunks are complete in the next index of their collection.
create table reembedded_documents (
  tenant_id   uuid not null references tenants on delete cascade,
  index_id    uuid not null,
  document_id uuid not null,
  page_count  int not null,
  chunk_count int not null,
  primary key (tenant_id, index_id, document_id),
  foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
);
create index reembedded_documents_document_idx on reembedded_documents (tenant_id, document_id);
select protect('reembedded_documents');

-- Pages that today's extractor reads differently than the one that stored them; they take their places with the index.
create table reembedded_pages (
  tenant_id   uuid not null references tenants on delete cascade,
  index_id    uuid not null,
  document_id uuid not null,
  page        int not null,
  text        text not null,
  primary key (tenant_id, index_id, document_id, page),
  foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
);
create index reembedded_pages_document_idx on reembedded_pages (tenant_id, document_id);
select protect('reembedded_pages');

-- Indexes that answer no more. Their chunks are removed a few at a time.
create table stale_indexes (
  tenant_id  uuid not null references tenants on delete cascade,
  index_id   uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, index_id)
);
select protect('stale_indexes');
create policy lookup on stale_indexes for select to tessera_lookup using (true);

insert into schedules (kind, cron, next_run_at) values ('remove_stale_indexes', '* * * * *', now());
