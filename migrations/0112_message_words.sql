-- Messages are found by their words. The trigger is in functions/message_tree.sql.

-- The text search configuration of the content; null: not known.
alter table messages add column language text;
alter table messages add column words tsvector;

alter table messages no force row level security;
alter table messages disable trigger touch;
update messages set words = to_tsvector('simple', left(content, 50000)) where status in ('done', 'stopped', 'failed');
alter table messages enable trigger touch;
alter table messages force row level security;
