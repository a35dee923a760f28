-- Hybrid search in one statement; docs/adr/0005-hybrid-retrieval.md has the measurements behind every number here.
--
-- $1 words of the query         text      $5 space, null: all            text
-- $2 its embeddings '[0.1,…]'   text[]    $6 results                     bigint
-- $3 user                       text      $7 'fused' | 'vector' | 'text' text
-- $4 collections, none: see readable text[]    $8 chunks of one document    bigint (1: documents; for chat 3)
-- $9 other spellings            text      $10 identifiers                text[]
-- $11 their models              text[]     $12 languages it may be in, the likeliest (crate language) text[]
-- $13 compounds of its words     text      $14 compound words of it, each as two parts              text[]
-- $15 its words, for Swedish     text      $16 with the bits of tokens       boolean
--
-- $2 and $11 are empty for 'text'. Chunks are compared with the embedding of the model that their collection has (ADR 23); "relevance" is the cosine
-- as that model's row calibrates it, so that chunks of several models, and of several languages, are ranked together. $1, $9, $10, $13 and $14 come from words.rs, as do the words in the index: at most 128, 32, 8, 96 and 48, so what a query costs is bounded.
--
-- Each retriever brings 100 candidates. That stands here as a number, so that the plan that Postgres keeps is as good as one made again each time,
-- which takes two milliseconds.
--
-- The flow, by the names of the parts below:
--
--   readable ── scope ── corpus_stats ── reading            what may be read, and in which languages
--      │                     │
--      │        part ─── term ─── rare_lexemes ── titled    the words of the query, rarest first
--      │                                            │
--      ├─ query ── exact_scan, or the vector index ─┤
--      │                                            ├─ found           100 candidates of each retriever
--      └─ holder ── code ───────────────────────────┘      │
--                                                   scored_lexical     BM25 of every candidate
--                                                          │
--                                                     candidates       both scores of each
--                                                          │
--                                                     first_scored     the scores together
--                                                          │
--                                          leader ──── scored          and nearness to the leading documents
--                                                          │
--                                                        single        equal texts once
--                                                          │
--                                                         page         the best chunks of the best documents
--
-- Runs with app.tenant_id set, under forced row-level security. A document scores as its best chunk.
-- score orders results within one query; it is not calibrated between queries, so "nothing relevant" is judged on dense_score, text_score and the nearness of tokens
-- (search.rs).
with
-- set_config here is for this statement only: an embedding is asked for before the index is opened, so the index sees both.
query as materialized (
  select q.model, q.embedding::halfvec as embedding,
         set_config('hnsw.ef_search', '100', true) as breadth,
         set_config('hnsw.iterative_scan', 'relaxed_order', true) as continuation
    from unnest($2::text[], $11::text[]) as q(embedding, model)
),
-- What the caller may read: the collections in spaces where he or she has a role, with the index that answers (chunks of another one are being
-- made or removed, ADR 28). Attachments are searched only where their collection is named.
readable as materialized (
  select c.id, c.index_id, c.embedding_model as model, m.cosine_base, m.cosine_scale, m.languages,
         m.lexical_weight, m.lexical_weight_across, m.lexical_weight_unread, m.relevant_read, m.relevant_across, m.relevant_unread,
         m.lexical_evidence, m.lexical_suffices, m.relevance_across
    from collections c
    join embedding_models m on m.id = c.embedding_model
   where c.space_id in (select m.space_id from space_roles m where m.user_id = $3::text::uuid)
     and case when coalesce(cardinality($4::text[]), 0) = 0 then not c.for_attachments else c.id = any ($4::text[]::uuid[]) end
     and ($5::text is null or c.space_id = $5::text::uuid)
),
scope as materialized (
  select coalesce(array_agg(r.id), '{}') as collections, coalesce(array_agg(r.index_id), '{}') as indexes from readable r
),
corpus_stats as materialized (
  select coalesce(sum(l.chunks), 0)::float8 as chunks,
         coalesce(sum(l.length)::float8 / nullif(sum(l.chunks), 0), 1) as mean_length,
         array_agg(distinct l.language) as languages,
         -- Of the chunks whose language is known.
         coalesce(sum(l.chunks) filter (where l.language = 'english')::float8 / nullif(sum(l.chunks) filter (where l.language <> 'simple'), 0), 0.5) as english
    from scope s, unnest(s.indexes) as i(id)
    join collection_lexemes l on l.index_id = i.id and l.lexeme = '' and l.chunks > 0
),
-- The language of the query: of the likeliest ones, one of the chunks' languages first; null where nothing tells. `english` is 1 where that is
-- English, 0 where it is not, and else the share of English chunks: a model that reads English alone is out of its depth then.
reading as materialized (
  select case when 'english' <> all ($12::text[]) and cardinality($12::text[]) > 0 then 0 when $12::text[] = array['english'] then 1 else e.english
         end::float8 as english,
         (select l.language from unnest($12::text[]) with ordinality as l(language, place) order by l.language = any (e.languages) desc, l.place limit 1) as language
    from corpus_stats e
),
-- The two parts of a compound word of the query, where chunks have both as words (ADR 25).
part as materialized (
  select distinct g.language, l.lexeme
    from corpus_stats e, scope s, unnest(e.languages) as g(language), unnest($14::text[]) as p(words),
         lateral (select array_agg(v.lexeme) as lexemes from unnest(to_tsvector(g.language::regconfig, p.words)) as v) as v,
         unnest(v.lexemes) as l(lexeme)
   where cardinality(v.lexemes) = 2
     and not exists (select from unnest(v.lexemes) as n(lexeme)
                      where not exists (select from unnest(s.indexes) as i(id) join collection_lexemes k on k.index_id = i.id
                                          and k.lexeme = n.lexeme and k.language = g.language and k.chunks > 0))
),
-- The words of the query as lexemes of each language in scope, rarest first. Unknown words keep their weight: they lower what is attainable. Other
-- spellings of a number count where they are known. Compounds and parts weigh less, and do not raise what is attainable.
term as materialized (
  select w.lexeme, w.languages, array_to_tsvector(array[w.lexeme])::text::tsquery as query, d.chunks, w.weight,
         ln(1 + (greatest(e.chunks - d.chunks, 0) + 0.5) / (d.chunks + 0.5)) as idf
    from corpus_stats e
   cross join lateral (
     select v.lexeme, bool_or(v.counts) as counts, max(v.weight) as weight, array_agg(distinct g.language) as languages
       from unnest(e.languages) as g(language),
            lateral (select lexeme, true as counts, 1::float8 as weight from unnest(to_tsvector(g.language::regconfig, case g.language when 'swedish' then $15::text else $1::text end))
                     union all
                     select lexeme, false, 1 from unnest(to_tsvector(g.language::regconfig, $9::text))
                     union all
                     select lexeme, false, 0.7 from unnest(to_tsvector(g.language::regconfig, $13::text))
                     union all
                     select lexeme, false, 0.5 from part p where p.language = g.language) as v
      group by v.lexeme
   ) as w
   cross join lateral (
     select coalesce(sum(l.chunks), 0)::float8 as chunks
       from scope s, unnest(s.indexes) as i(id)
       join collection_lexemes l on l.index_id = i.id and l.lexeme = w.lexeme
   ) as d
   where w.counts or d.chunks > 0
   order by d.chunks = 0, w.weight < 1, d.chunks, w.lexeme
   limit 32
),
-- Words that fetch candidates: rarest first, at most 300 chunks, or 500 of many. Frequent words only rescore. If even the rarest is frequent, two
-- together. Titles and file names are also asked for the words that no chunk holds.
rare_lexemes as materialized (
  select r.query, coalesce(r.query || u.query, r.query, u.query) as names
    from (select coalesce(
            (select string_agg(r.query::text, ' | ')
               from corpus_stats e,
                    (select t.query, sum(t.chunks) over (order by t.chunks, t.lexeme) as reached from term t where t.chunks > 0) as r
              where r.reached <= case when e.chunks > 5000 then 500 else 300 end),
            (select string_agg(r.query::text, ' & ')
               from (select t.query from term t where t.chunks > 0 order by t.chunks, t.lexeme limit 2) as r)
          )::tsquery as query) as r,
         (select string_agg(t.query::text, ' | ')::tsquery as query from term t where t.chunks = 0) as u
),
-- Documents whose title or file name holds a rare word of the query.
titled as materialized (
  select m.id as document_id
    from rare_lexemes r, scope s, lateral lookup.name_matches(r.names, s.collections, 200) as m(id)
   where r.names is not null
),
-- Identifiers (case numbers, part numbers) are invisible to an embedding: chunks and names of documents that hold one exactly, if they are few.
holder as materialized (
  select q.query, c.document_id, c.id, false as by_name
    from scope s,
         lateral (select distinct phraseto_tsquery(g.language::regconfig, i.words) as query
                    from corpus_stats e, unnest(e.languages) as g(language), unnest($10::text[]) as i(words)) as q,
         lateral lookup.lexeme_matches(q.query, s.indexes, 50) as m(id)
    join chunks c on c.id = m.id
   where numnode(q.query) > 0
  union all
  select q.query, m.id, null, true
    from scope s,
         lateral (select distinct phraseto_tsquery(g.language::regconfig, i.words) as query
                    from corpus_stats e, unnest(e.languages) as g(language), unnest($10::text[]) as i(words)) as q,
         lateral lookup.name_matches(q.query, s.collections, 50) as m(id)
   where numnode(q.query) > 0
),
-- The fewer documents hold it, the more it says; the document that is called so comes before those that mention it.
code as materialized (
  select h.id, h.document_id, h.by_name, case when h.by_name then 1.25 else 1 end / (1 + n.documents / 10.0) as rarity
    from holder h
    join (select query::text as query, count(distinct document_id) as documents from holder group by 1) as n on n.query = h.query::text
),
-- Up to 5000 chunks an exact scan costs less than the index, and its recall is 1.
exact_scan as materialized (
  select c.id, c.matches,
         i.cosine_scale * (1 - c.distance - i.cosine_base) + case when c.language not in (i.language, 'simple') then i.relevance_across else 0 end as relevance
    from (select r.index_id, q.embedding, r.cosine_base, r.cosine_scale, r.relevance_across, l.language
            from readable r left join query q on q.model = r.model cross join reading l
           where (select chunks from corpus_stats) <= 5000) as i,
         -- Computed within, where the order needs no more than this of each chunk: sorting whole ones costs more than all distances.
         lateral (select c.id, c.language, c.embedding <=> i.embedding as distance, c.tsv @@ (select query from rare_lexemes) as matches
                    from chunks c where c.index_id = i.index_id order by c.document_id limit 5000) as c
),
found as materialized (
  (select id, true as near from exact_scan where relevance < 'NaN'::float8 order by relevance desc limit 100)
  union all
  select c.id, true
    from query q, corpus_stats e,
         lateral (select c.id
                    from chunks c
                   where c.index_id = any ((select array_agg(r.index_id) from readable r where r.model = q.model)::uuid[])
                   order by c.embedding <=> q.embedding
                   limit 100) as c
   where e.chunks > 5000
  union all
  select id, false from exact_scan where matches
  union all
  select m.id, false
    from rare_lexemes r, scope s, corpus_stats e, lateral lookup.lexeme_matches(r.query, s.indexes, 2000) as m(id)
   where e.chunks > 5000 and r.query is not null
  union all
  select id, false from code where id is not null
  union all
  -- A document that is called so is shown by its beginning, where none of its chunks is found by itself.
  select p.id, false
    from (select document_id from titled union select document_id from code where by_name) as n,
         scope s,
         lateral (select c.id from chunks c where c.document_id = n.document_id and c.index_id = any (s.indexes) order by c.ordinal limit 3) as p
),
-- BM25 (k1 1.2, b 0.75) of every candidate of either retriever; the names of its document count as words of it. ts_rank of one lexeme is
-- sum(1/i^2, i = 1..tf) / 1.645, which tells tf.
scored_lexical as materialized (
  select c.id, c.document_id, i.near, b.bm25
    from (select id, bool_or(near) as near from found group by id) as i
    join chunks c on c.id = i.id
    join documents d on d.id = c.document_id and d.status = 'ready'
   cross join lateral (
     select coalesce(sum(t.weight * t.idf * 2.2 * f.tf / (f.tf + 1.2 * (0.25 + 0.75 * c.token_count / e.mean_length))), 0) as bm25
       from corpus_stats e
      cross join term t
      cross join lateral (select ts_rank('{1,1,1,1}', c.tsv, t.query)::float8 as inside, ts_rank('{1,1,1,1}', d.names, t.query)::float8 as above offset 0) as r
      cross join lateral (select case when r.inside > 0 then 0.6079271 / (1.0000001 - r.inside) - 0.5 else 0 end
                               + case when r.above > 0 then 0.6079271 / (1.0000001 - r.above) - 0.5 else 0 end as tf) as f
      where r.inside > 0 or r.above > 0
   ) as b
),
-- Both scores of every candidate, whichever retriever found it.
candidates as materialized (
  select c.id, c.document_id, c.embedding, c.language, r.model, r.cosine_base, r.cosine_scale, r.languages, i.near, i.bm25,
         r.lexical_weight, r.lexical_weight_across, r.lexical_weight_unread, r.relevant_read, r.relevant_across, r.relevant_unread,
         r.lexical_evidence, r.lexical_suffices or q.model is null as lexical_suffices, r.relevance_across, a.is_across,
         coalesce(r.cosine_scale * (1 - (c.embedding <=> q.embedding) - r.cosine_base) + case when a.is_across then r.relevance_across else 0 end, 0) as relevance,
         coalesce((select max(k.rarity) from code k where k.id = i.id or (k.by_name and k.document_id = i.document_id)), 0) as identifier_match
    from (select w.*, row_number() over (order by w.bm25 desc, w.id) as place from scored_lexical w) as i
    join chunks c on c.id = i.id
    join readable r on r.index_id = c.index_id
    left join query q on q.model = r.model
   cross join reading l
   cross join lateral (select coalesce(c.language not in (l.language, 'simple'), false) as is_across) as a
   where i.near or i.place <= 100 or i.id in (select id from code) or i.document_id in (select document_id from code where by_name)
),
-- Words weigh by how much of the query the best chunk holds: little across languages, as much as meaning if the model does not read the query's
-- language (ADR 17), and more if nothing is near in meaning (best relevance under 0.5), but not across languages: words cannot mend that.
first_scored as materialized (
  select p.*, v.lexical_score, k.read >= 0.5 as query_read, coalesce(p.language = any (p.languages), true) as chunk_read,
         p.relevance + (w.weight + case when p.is_across then 0 else greatest(0, 0.5 - b.relevance) end) * v.lexical_score + 0.8 * p.identifier_match as first_score
    from candidates p
   cross join reading r
   cross join (select max(bm25) as bm25, max(relevance) as relevance from candidates) as b
   -- Models read English, or every language.
   cross join lateral (select case when p.languages is null then 1 else r.english end as read) as k
   cross join lateral (
     select k.read * case when p.is_across then p.lexical_weight_across else p.lexical_weight end
            + (1 - k.read) * p.lexical_weight_unread as weight
   ) as w
   -- In the language that knows the query best: words that are none of another language would weigh as unknown ones.
   cross join (select min(l.idf) as attainable
                 from (select sum(t.idf) filter (where t.weight = 1) as idf from term t, unnest(t.languages) as g(language) group by g.language) as l) as a
   cross join lateral (
     select case when b.bm25 > 0 then p.bm25 / b.bm25 * sqrt(least(1, b.bm25 / a.attainable)) else 0 end as lexical_score
   ) as v
),
-- The five leading documents, weighed by the square of their lead over the sixth: the others of their model are then judged by nearness to them too.
leader as materialized (
  select l.embedding, l.language, l.model, l.cosine_base, l.cosine_scale, l.relevance_across, l.lead ^ 2 / sum(l.lead ^ 2) over () as share
    from (select d.embedding, d.language, d.model, d.cosine_base, d.cosine_scale, d.relevance_across, d.first_score - min(d.first_score) over () as lead
            from (select o.* from (select distinct on (document_id) document_id, embedding, language, model, cosine_base, cosine_scale, relevance_across, first_score
                                     from first_scored order by document_id, first_score desc, id) as o
                   order by o.first_score desc, o.document_id limit 6) as d) as l
   where l.lead > 0
),
-- Nearness to the leaders counts 0.4, and up to 1 where words and vectors agree on the best (its score is 1.1 to 1.2 then): a long query has many texts
-- that belong to it (docs/retrieval.md).
scored as materialized (
  select n.*,
         case $7::text
           when 'vector' then n.relevance
           when 'text' then n.lexical_score
           else n.first_score + (0.4 + 0.6 * greatest(0, least(1, (max(n.first_score + 0.4 * n.leader_nearness) over () - 1.1) / 0.1))) * n.leader_nearness
         end as score
    from (select v.*, case when $7::text = 'fused' then coalesce((select sum(l.share * (l.cosine_scale * (1 - (v.embedding <=> l.embedding) - l.cosine_base)
                                                      + case when l.language <> v.language and 'simple' not in (l.language, v.language) then l.relevance_across else 0 end)) / sum(l.share)
                                  from leader l where l.model = v.model), 0) end as leader_nearness
            from first_scored v
           where case $7::text when 'vector' then v.near when 'text' then v.bm25 > 0 else true end) as n
),
-- The same text in several files is one result: equal texts under equal headings have equal embeddings.
single as materialized (
  select s.*
    from (select s.*, row_number() over (partition by s.embedding order by s.score desc, s.document_id, s.id) as copy from scored s) as s
   where s.copy = 1
),
page as (
  select r.*, count(*) over () as total
    from (select s.*, row_number() over (partition by s.document_id order by s.score desc, s.id) as place,
                 max(s.score) over (partition by s.document_id) as document_score
            from single s) as r
   where r.place <= $8::bigint
   order by r.document_score desc, r.document_id, r.place
   limit $6::bigint
)
select p.document_id::text as document_id, p.id::text as chunk_id, d.title, d.filename, d.source_url,
       micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified, d.collection_id::text as collection_id,
       coalesce(k.name, '') as collection_name, d.space_id::text as space_id, coalesce(s.name, '') as space_name,
       case when d.paged then c.page end as page, c.heading_path, c.content, c.char_start, c.char_end,
       greatest(0, least(1, case when $7::text = 'fused' then p.score / 2 else p.score end))::float8 as score,
       p.relevance::float8 as dense_score, p.lexical_score::float8 as text_score, p.identifier_match > 0 as identifier_match,
       p.total, p.query_read, p.chunk_read,
       (case when p.query_read and p.chunk_read and not p.is_across then p.relevant_read
             when p.query_read or p.chunk_read then p.relevant_across
             else p.relevant_unread end)::float8 as relevant_from,
       p.lexical_evidence, p.lexical_suffices,
       case when $16::boolean then p.model end as model, case when $16::boolean then c.token_bits end as token_bits,
       case when p.is_across then m.nearness_across else 0 end as nearness_across, m.nearness_evidence,
       case when p.is_across then m.nearness_base_across else m.nearness_base end as nearness_base
  from page p
  join chunks c on c.id = p.id
  join documents d on d.id = p.document_id
  -- A key for one assistant reads neither: chunks are found all the same.
  left join collections k on k.id = d.collection_id
  left join spaces s on s.id = d.space_id
  join embedding_models m on m.id = p.model
 order by p.document_score desc, p.document_id, p.place
