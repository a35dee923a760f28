-- Identical files in one collection are noticed.
create index documents_content_idx on documents (tenant_id, collection_id, sha256) where sha256 is not null;
