-- Stored bytes, collections, documents, their pages, and the passages that are searched.

create table blobs (
  id         uuid primary key,
  tenant_id  uuid not null references tenants on delete cascade,
  size_bytes bigint not null default 0,
  sha256     bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, id)
);
select protect('blobs');

-- Pieces of 1 MiB, so that neither writing nor reading ever holds a whole file in memory.
create table blob_chunks (
  tenant_id uuid not null references tenants on delete cascade,
  blob_id   uuid not null,
  seq       int not null,
  bytes     bytea not null,
  primary key (tenant_id, blob_id, seq),
  foreign key (tenant_id, blob_id) references blobs (tenant_id, id) on delete cascade
);
-- The originals are compressed formats mostly: compressing them again costs time and saves nothing.
alter table blob_chunks alter column bytes set storage external;
select protect('blob_chunks');

create table collections (
  id              uuid primary key,
  tenant_id       uuid not null references tenants on delete cascade,
  space_id        uuid not null,
  name            text not null,
  description     text not null default '',
  embedding_model text not null default 'all-MiniLM-L6-v2',
  created_by      uuid not null,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create index collections_space_idx on collections (tenant_id, space_id);
select protect('collections');

create table assistant_collections (
  tenant_id     uuid not null references tenants on delete cascade,
  assistant_id  uuid not null,
  collection_id uuid not null,
  primary key (tenant_id, assistant_id, collection_id),
  foreign key (tenant_id, assistant_id) references assistants (tenant_id, id) on delete cascade,
  foreign key (tenant_id, collection_id) references collections (tenant_id, id) on delete cascade
);
select protect('assistant_collections');

create table documents (
  id             uuid primary key,
  tenant_id      uuid not null references tenants on delete cascade,
  space_id       uuid not null,
  collection_id  uuid not null,
  blob_id        uuid,
  title          text not null,
  filename       text not null,
  media_type     text not null default 'application/octet-stream',
  size_bytes     bigint not null default 0,
  sha256         bytea,
  status         text not null default 'uploading'
                 constraint documents_status_known check (status in ('uploading', 'processing', 'indexing', 'ready', 'failed')),
  progress       int not null default 0,
  failure_code   text,
  failure_detail text,
  failure_hint   text,
  page_count     int,
  chunk_count    int not null default 0,
  language       text,
  created_by     uuid not null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, collection_id) references collections (tenant_id, id) on delete cascade,
  foreign key (tenant_id, blob_id) references blobs (tenant_id, id),
  foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create index documents_collection_idx on documents (tenant_id, collection_id, created_at);
select protect('documents');

-- The original goes with its document, also where a whole collection or space is deleted.
create function drop_blob() returns trigger language plpgsql
  as $$ begin delete from blobs where id = old.blob_id; return null; end $$;
create trigger drop_blob after delete on documents for each row when (old.blob_id is not null) execute function drop_blob();

-- The plain text of each page: what a citation opens.
create table document_pages (
  tenant_id   uuid not null references tenants on delete cascade,
  document_id uuid not null,
  page        int not null,
  text        text not null,
  primary key (tenant_id, document_id, page),
  foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
);
select protect('document_pages');

create table chunks (
  id            uuid primary key,
  tenant_id     uuid not null references tenants on delete cascade,
  space_id      uuid not null,
  collection_id uuid not null,
  document_id   uuid not null,
  ordinal       int not null,
  page          int not null,
  char_start    int not null,
  char_end      int not null,
  heading_path  text not null default '',
  content       text not null,
  token_count   int not null,
  embedding     halfvec(384) not null,
  tsv           tsvector not null,
  created_at    timestamptz not null default now(),
  unique (tenant_id, document_id, ordinal),
  foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
);
create index chunks_embedding_idx on chunks using hnsw (embedding halfvec_cosine_ops);
create index chunks_tsv_idx on chunks using gin (tsv);
create index chunks_collection_idx on chunks (tenant_id, collection_id);
select protect('chunks');

grant select, insert, update, delete on collections, assistant_collections to tessera_workspace;
grant select, update, delete on documents to tessera_workspace;
grant select, delete on blobs, blob_chunks to tessera_workspace;
grant select on document_pages, chunks to tessera_workspace;
grant select on collections to tessera_upload, tessera_search, tessera_chat, tessera_worker;
grant select, insert, update, delete on documents, blobs, blob_chunks to tessera_upload;
grant select on documents, chunks to tessera_search, tessera_chat;
grant select on assistant_collections to tessera_chat;
grant select on documents to tessera_events;
grant select, insert, update, delete on documents, document_pages, chunks, blobs, blob_chunks to tessera_worker;
grant insert, delete on collections to tessera_worker;
