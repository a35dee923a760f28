-- Titles and file names are searched, and another title changes at once what finds the document.

-- The words of title and file name, in the document's language, beside its passages: a title changes in one row, not in every passage.
-- words_version: by which rules (crates/knowledge/src/words.rs) its words were indexed; the worker indexes older ones again.
alter table documents
  add column names tsvector not null default '',
  add column words_version int not null default 0;
create index documents_names_idx on documents using gin (names);
-- What the worker still has to index again; empty soon.
create index documents_words_idx on documents (tenant_id) where words_version < 1;

-- As lookup.lexeme_matches (0006), for names: the GIN index is not to be had under row-level security, so the function compares the tenant itself.
grant select (id, tenant_id, collection_id, names) on documents to tessera_lookup;
create function lookup.name_matches(query tsquery, collections uuid[], cap bigint) returns setof uuid
language sql stable security definer set search_path = public, pg_temp rows 50 as $$
  select d.id from documents d
   where d.names @@ (query && (
           case when cardinality(collections) > 64 then quote_literal('@' || (select app_tenant()))
           else (select string_agg(quote_literal('@' || i), ' | ') from unnest(collections) as i) end)::tsquery)
     and d.tenant_id = (select app_tenant()) and d.collection_id = any (collections)
   limit cap $$;
alter function lookup.name_matches owner to tessera_lookup;
revoke execute on function lookup.name_matches from public;
grant execute on function lookup.name_matches to tessera_search, tessera_chat;

-- Passages that are indexed again: the counts of their old words go, those of the new ones come.
create function recount_lexemes() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(c.id::text, 5)) from (select distinct collection_id as id from changed order by 1) as c;
  insert into collection_lexemes as l (tenant_id, collection_id, language, lexeme, chunks, length)
  select d.tenant_id, d.collection_id, d.language, d.lexeme, sum(d.chunks), 0
    from (select tenant_id, collection_id, language, w as lexeme, 1 as chunks from changed, unnest(tsvector_to_array(tsv)) as w
          union all
          select tenant_id, collection_id, language, w, -1 from former, unnest(tsvector_to_array(tsv)) as w) as d
   where not starts_with(d.lexeme, '@')
   group by 1, 2, 3, 4 having sum(d.chunks) <> 0
  on conflict (collection_id, lexeme, language) do update set chunks = l.chunks + excluded.chunks;
  return null;
end $$;
revoke execute on function recount_lexemes() from public;
create trigger chunks_changed after update on chunks referencing old table as former new table as changed
  for each statement execute function recount_lexemes();
grant update (tsv) on chunks to tessera_worker;
