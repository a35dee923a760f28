-- What hybrid search needs (docs/adr/0005-hybrid-retrieval.md): a language for each passage, and how many passages hold a word.

-- Lexemes belong to a language; chunks carry their own, since a deleted document can no longer be asked for it.
alter table chunks add column language text not null default 'english';
-- Read in order by the exact branch of the search, so that a small collection never costs a scan of the table.
drop index chunks_collection_idx;
create index chunks_collection_idx on chunks (collection_id, document_id);
-- tsv stays beside the row (detoasting it once per word made scoring several times dearer); long content moves out instead.
alter table chunks set (toast_tuple_target = 4080);
alter table chunks alter column tsv set storage main, alter column embedding set storage plain;

-- How many chunks of a collection hold a lexeme; the row with lexeme '' counts the chunks themselves and the sum of their tokens.
create table collection_lexemes (
  tenant_id     uuid not null references tenants on delete cascade,
  collection_id uuid not null,
  language      text not null,
  lexeme        text not null,
  chunks        bigint not null,
  length        bigint not null,
  primary key (collection_id, lexeme, language),
  foreign key (tenant_id, collection_id) references collections (tenant_id, id) on delete cascade
);
select protect('collection_lexemes');

-- Kept by statement triggers: whoever writes chunks need not think of it. The lock keeps two documents of one collection from waiting in a ring.
create function count_lexemes() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(c.id::text, 5)) from (select distinct collection_id as id from changed order by 1) as c;
  if tg_op = 'INSERT' then
    insert into collection_lexemes as l (tenant_id, collection_id, language, lexeme, chunks, length)
    select tenant_id, collection_id, language, w, count(*), 0
      from changed, unnest(tsvector_to_array(tsv)) as w where not starts_with(w, '@') group by 1, 2, 3, 4
    union all
    select tenant_id, collection_id, language, '', count(*), sum(token_count) from changed group by 1, 2, 3
    on conflict (collection_id, lexeme, language) do update set chunks = l.chunks + excluded.chunks, length = l.length + excluded.length;
  else
    update collection_lexemes as l set chunks = l.chunks - d.chunks, length = l.length - d.length
      from (select collection_id, language, w as lexeme, count(*) as chunks, 0::bigint as length
              from changed, unnest(tsvector_to_array(tsv)) as w where not starts_with(w, '@') group by 1, 2, 3
            union all
            select collection_id, language, '', count(*), sum(token_count) from changed group by 1, 2) as d
     where l.collection_id = d.collection_id and l.lexeme = d.lexeme and l.language = d.language;
  end if;
  return null;
end $$;
create trigger chunks_added after insert on chunks referencing new table as changed for each statement execute function count_lexemes();
create trigger chunks_removed after delete on chunks referencing old table as changed for each statement execute function count_lexemes();

-- Full-text matches by the GIN index. Under row-level security Postgres may not use that index, because @@ is not leakproof; the owner of this
-- function has no such policy in its way, so the function itself compares the tenant, and the caller reads the rows again under its own policy.
-- The scope lexemes '@<collection>' and '@<tenant>' are in every tsv, so that other tenants' postings are not walked.
create policy lookup on chunks for select to tessera_lookup using (true);
grant select on chunks to tessera_lookup;
create function lookup.lexeme_matches(query tsquery, collections uuid[], cap bigint) returns setof uuid
language sql stable security definer set search_path = public, pg_temp rows 500 as $$
  select c.id from chunks c
   where c.tsv @@ (query && (
           case when cardinality(collections) > 64 then quote_literal('@' || current_setting('app.tenant_id', true))
           else (select string_agg(quote_literal('@' || i), ' | ') from unnest(collections) as i) end)::tsquery)
     and c.tenant_id = app_tenant() and c.collection_id = any (collections)
   limit cap $$;
alter function lookup.lexeme_matches owner to tessera_lookup;
revoke execute on function lookup.lexeme_matches from public;
grant execute on function lookup.lexeme_matches to tessera_search, tessera_chat;
grant select on collection_lexemes to tessera_search, tessera_chat;
