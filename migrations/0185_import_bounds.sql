-- What bounds imports of conversations: uploads of their files, and what they store.

-- Who uploads it; null: a document says it, or it was not uploaded.
alter table blobs add column uploaded_by uuid;
alter table blobs add constraint blobs_uploaded_by_fkey foreign key (tenant_id, uploaded_by)
  references users (tenant_id, id) on delete set null (uploaded_by);
create index blobs_uploaded_by_idx on blobs (tenant_id, uploaded_by) where uploaded_by is not null;

-- About how many bytes an imported conversation takes; null: it began here, or was imported before there was a bound.
alter table conversations add column import_bytes bigint;
