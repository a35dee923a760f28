-- Helpers of hybrid search (ADR 5): counts of lexemes, and matches by the GIN indexes.

-- Trigger: counts in how many chunks of an index (what one model made of a collection) a lexeme occurs. The advisory
-- lock keeps two documents of one index from a deadlock.
create or replace function count_lexemes() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(c.id::text, 5)) from (select distinct index_id as id from changed order by 1) as c;
  if tg_op = 'INSERT' then
    insert into collection_lexemes as l (tenant_id, index_id, language, lexeme, chunks, length)
    select tenant_id, index_id, language, w, count(*), 0
      from changed, unnest(tsvector_to_array(tsv)) as w where not starts_with(w, '@') group by 1, 2, 3, 4
    union all
    select tenant_id, index_id, language, '', count(*), sum(token_count) from changed group by 1, 2, 3
    on conflict (index_id, lexeme, language) do update set chunks = l.chunks + excluded.chunks, length = l.length + excluded.length;
  else
    update collection_lexemes as l set chunks = l.chunks - d.chunks, length = l.length - d.length
      from (select index_id, language, w as lexeme, count(*) as chunks, 0::bigint as length
              from changed, unnest(tsvector_to_array(tsv)) as w where not starts_with(w, '@') group by 1, 2, 3
            union all
            select index_id, language, '', count(*), sum(token_count) from changed group by 1, 2) as d
     where l.index_id = d.index_id and l.lexeme = d.lexeme and l.language = d.language;
  end if;
  return null;
end $$;

-- Trigger: for chunks that are indexed again or given to another index, replaces the counts of before by those of now.
-- An index whose collection was deleted meanwhile has no counts any more, and gets none.
create or replace function recount_lexemes() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(c.id::text, 5))
     from (select index_id as id from changed union select index_id from former order by 1) as c;
  insert into collection_lexemes as l (tenant_id, index_id, language, lexeme, chunks, length)
  select n.tenant_id, n.index_id, n.language, n.lexeme, n.chunks, n.length
    from (select d.tenant_id, d.index_id, d.language, d.lexeme, sum(d.chunks) as chunks, sum(d.length) as length
            from (select tenant_id, index_id, language, w as lexeme, 1 as chunks, 0 as length from changed, unnest(tsvector_to_array(tsv)) as w
                  union all
                  select tenant_id, index_id, language, '', 1, token_count from changed
                  union all
                  select tenant_id, index_id, language, w, -1, 0 from former, unnest(tsvector_to_array(tsv)) as w
                  union all
                  select tenant_id, index_id, language, '', -1, -token_count from former) as d
           where not starts_with(d.lexeme, '@')
           group by 1, 2, 3, 4 having sum(d.chunks) <> 0 or sum(d.length) <> 0) as n
   where n.chunks > 0
      or exists (select from collection_lexemes k where k.index_id = n.index_id and k.lexeme = n.lexeme and k.language = n.language)
  on conflict (index_id, lexeme, language) do update set chunks = l.chunks + excluded.chunks, length = l.length + excluded.length;
  return null;
end $$;

-- Trigger: the counts of a collection go with it.
create or replace function remove_lexemes() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from collection_lexemes where index_id in (old.index_id, old.next_index_id);
  return null;
end $$;
create or replace trigger remove_lexemes after delete on collections for each row execute function remove_lexemes();

-- Full-text matches by the GIN index. Under row-level security Postgres may not use that index, because @@ is
-- not leakproof; the owner of this function has no such policy in its way, so the function itself compares the
-- tenant, and the caller reads the rows again under its own policy. The scope lexemes '@<index>' and
-- '@<tenant>' are in every tsv, so that other tenants' postings are not walked.
drop function if exists lookup.lexeme_matches(tsquery, uuid[], bigint);
create or replace function lookup.lexeme_matches(query tsquery, indexes uuid[], cap bigint) returns setof uuid
language sql stable security definer set search_path = public, pg_temp rows 500 as $$
  select c.id from chunks c
   where c.tsv @@ (query && (
           case when cardinality(indexes) > 64 then quote_literal('@' || (select app_tenant()))
           else (select string_agg(quote_literal('@' || i), ' | ') from unnest(indexes) as i) end)::tsquery)
     and c.tenant_id = (select app_tenant()) and c.index_id = any (indexes)
   limit cap $$;

-- The same for titles and file names.
create or replace function lookup.name_matches(query tsquery, collections uuid[], cap bigint) returns setof uuid
language sql stable security definer set search_path = public, pg_temp rows 50 as $$
  select d.id from documents d
   where d.names @@ (query && (
           case when cardinality(collections) > 64 then quote_literal('@' || (select app_tenant()))
           else (select string_agg(quote_literal('@' || i), ' | ') from unnest(collections) as i) end)::tsquery)
     and d.tenant_id = (select app_tenant()) and d.collection_id = any (collections)
   limit cap $$;
