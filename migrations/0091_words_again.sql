-- Words are indexed by new rules (version 2: accents fold), and the worker finds the documents of older ones by these.

drop index documents_words_idx;
drop index documents_old_words_idx;
create index documents_old_words_idx on documents (tenant_id) where words_version < 2 and status = 'ready';
