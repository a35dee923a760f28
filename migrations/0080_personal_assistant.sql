-- A person can drop a file and ask without making anything first: their personal space has one collection and one assistant of its own,
-- made at first need. The marks find them again whatever they are called, and the indexes keep two requests at once from making two.
alter table collections add column is_personal boolean not null default false;
create unique index collections_personal_key on collections (tenant_id, space_id) where is_personal;

alter table assistants add column is_personal boolean not null default false;
create unique index assistants_personal_key on assistants (tenant_id, space_id) where is_personal and deleted_at is null;
