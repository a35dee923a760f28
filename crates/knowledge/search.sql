-- Hybrid search in one statement; docs/adr/0005-hybrid-retrieval.md has the measurements behind every number here.
--
-- $1 query                      text      $5 space, null: all            text
-- $2 its embedding '[0.1,…]'    text      $6 results                     bigint
-- $3 user                       text      $7 'fused' | 'vector' | 'text' text
-- $4 collections, null: all     text[]    $8 passages of one document    bigint (1: documents; for chat 3)
--
-- Each leg brings 100 candidates. That stands here as a number, so that the plan that Postgres keeps is as good as one made anew each time,
-- which takes two milliseconds.
--
-- Runs with app.tenant_id set, under forced row-level security. A document scores as its best passage.
-- score orders results within one query; it is not calibrated between queries, so "nothing relevant" is to be judged on dense_score and text_score.
with
-- set_config here is for this statement only: an embedding is asked for before the index is opened, so the index sees both.
asked as materialized (
  select $2::text::halfvec as embedding,
         set_config('hnsw.ef_search', '100', true) as breadth,
         set_config('hnsw.iterative_scan', 'relaxed_order', true) as continuation
),
-- What the caller may read: the collections in spaces where he or she has a role.
scope as materialized (
  select coalesce(array_agg(c.id), '{}') as collections
    from collections c
   where c.space_id in (select m.space_id from space_roles m where m.user_id = $3::text::uuid)
     and (coalesce(cardinality($4::text[]), 0) = 0 or c.id = any ($4::text[]::uuid[]))
     and ($5::text is null or c.space_id = $5::text::uuid)
),
extent as materialized (
  select coalesce(sum(l.chunks), 0)::float8 as chunks,
         coalesce(sum(l.length)::float8 / nullif(sum(l.chunks), 0), 1) as mean_length,
         array_agg(distinct l.language) as languages
    from scope s, unnest(s.collections) as i(id)
    join collection_lexemes l on l.collection_id = i.id and l.lexeme = '' and l.chunks > 0
),
-- The words of the query as lexemes of each language in scope, rarest first. Unknown words keep their weight: they lower what is attainable.
term as materialized (
  select w.lexeme, array_to_tsvector(array[w.lexeme])::text::tsquery as query, d.chunks,
         ln(1 + (greatest(e.chunks - d.chunks, 0) + 0.5) / (d.chunks + 0.5)) as idf
    from extent e
   cross join lateral (
     select distinct v.lexeme
       from unnest(e.languages) as g(language), lateral unnest(to_tsvector(g.language::regconfig, $1::text)) as v
   ) as w
   cross join lateral (
     select coalesce(sum(l.chunks), 0)::float8 as chunks
       from scope s, unnest(s.collections) as i(id)
       join collection_lexemes l on l.collection_id = i.id and l.lexeme = w.lexeme
   ) as d
   order by d.chunks = 0, d.chunks, w.lexeme
   limit 32
),
-- Words that fetch candidates: rarest first, at most 300 passages, or 500 of many. Frequent words only rescore. If even the rarest is frequent, two
-- together.
rare as materialized (
  select coalesce(
    (select string_agg(r.query::text, ' | ')
       from extent e,
            (select t.query, sum(t.chunks) over (order by t.chunks, t.lexeme) as reached from term t where t.chunks > 0) as r
      where r.reached <= case when e.chunks > 5000 then 500 else 300 end),
    (select string_agg(r.query::text, ' & ')
       from (select t.query from term t where t.chunks > 0 order by t.chunks, t.lexeme limit 2) as r)
  )::tsquery as query
),
-- Identifiers (letters and digits in one word) are invisible to an embedding: passages that hold one exactly, if they are few.
code as materialized (
  select q.query, m.id, 1 / (1 + count(*) over (partition by q.query::text) / 10.0) as rarity
    from scope s, extent e,
         lateral (select distinct phraseto_tsquery(g.language::regconfig, r.word[1]) as query
                    from unnest(e.languages) as g(language),
                         regexp_matches($1::text, '(?<!\w)(?=[\w./-]*\d)(?=[\w./-]*[[:alpha:]])\w[\w./-]{2,}\w', 'g') as r(word)
                   limit 8) as q,
         lateral lookup.lexeme_matches(q.query, s.collections, 50) as m(id)
   where numnode(q.query) > 0
),
-- Up to 5000 passages an exact scan costs less than the index, and its recall is 1.
small as materialized (
  select c.id, c.distance, c.matches
    from (select i.id from scope s, unnest(s.collections) as i(id) where (select chunks from extent) <= 5000) as i,
         -- Computed within, where the order needs no more than this of each passage: sorting whole ones costs more than all distances.
         lateral (select c.id, c.embedding <=> (select embedding from asked) as distance, c.tsv @@ (select query from rare) as matches
                    from chunks c where c.collection_id = i.id order by c.document_id limit 5000) as c
),
found as materialized (
  (select id, true as near from small order by distance limit 100)
  union all
  (select c.id, true
     from chunks c
    where (select chunks from extent) > 5000
      and c.collection_id = any ((select collections from scope)::uuid[])
    order by c.embedding <=> (select embedding from asked)
    limit 100)
  union all
  select id, false from small where matches
  union all
  select m.id, false
    from rare r, scope s, extent e, lateral lookup.lexeme_matches(r.query, s.collections, 2000) as m(id)
   where e.chunks > 5000 and r.query is not null
  union all
  select id, false from code
),
-- BM25 (k1 1.2, b 0.75) of every candidate of either leg. ts_rank of one lexeme is sum(1/i^2, i = 1..tf) / 1.645, which tells tf.
worded as materialized (
  select c.id, i.near, b.bm25
    from (select id, bool_or(near) as near from found group by id) as i
    join chunks c on c.id = i.id
   cross join lateral (
     select coalesce(sum(t.idf * 2.2 * f.tf / (f.tf + 1.2 * (0.25 + 0.75 * c.token_count / e.mean_length))), 0) as bm25
       from extent e
      cross join term t
      cross join lateral (select ts_rank('{1,1,1,1}', c.tsv, t.query)::float8 as saturated offset 0) as r
      cross join lateral (select 0.6079271 / (1.0000001 - r.saturated) - 0.5 as tf) as f
      where r.saturated > 0
   ) as b
),
-- Both scores of every candidate, whichever leg brought it.
pool as materialized (
  select c.id, c.document_id, c.embedding, i.near, i.bm25,
         1 - (c.embedding <=> (select embedding from asked)) as cosine,
         coalesce((select max(k.rarity) from code k where k.id = i.id), 0) as named
    from (select w.*, row_number() over (order by w.bm25 desc, w.id) as place from worded w) as i
    join chunks c on c.id = i.id
    join documents d on d.id = c.document_id and d.status = 'ready'
   where i.near or i.place <= 100 or i.id in (select id from code)
),
-- Words weigh by how much of the query the best passage holds, and more where nothing is near in meaning (best cosine under 0.5).
voiced as materialized (
  select p.*, v.wording,
         p.cosine + (0.2 + 2 * greatest(0, 0.5 - b.cosine)) * v.wording + 0.8 * p.named as first_score
    from pool p
   cross join (select max(bm25) as bm25, max(cosine) as cosine from pool) as b
   cross join (select sum(idf) as attainable from term) as a
   cross join lateral (
     select case when b.bm25 > 0 then p.bm25 / b.bm25 * sqrt(least(1, b.bm25 / a.attainable)) else 0 end as wording
   ) as v
),
-- The three leading documents, weighed by their lead over the fourth: the others are then judged by nearness to them too.
leader as materialized (
  select l.embedding, l.lead / sum(l.lead) over () as share
    from (select d.embedding, d.first_score - min(d.first_score) over () as lead
            from (select o.* from (select distinct on (document_id) document_id, embedding, first_score
                                     from voiced order by document_id, first_score desc, id) as o
                   order by o.first_score desc, o.document_id limit 4) as d) as l
   where l.lead > 0
),
scored as materialized (
  select v.id, v.document_id, v.cosine, v.wording,
         case $7::text
           when 'vector' then v.cosine
           when 'text' then v.wording
           else v.first_score + 0.4 * coalesce((select sum(l.share * (1 - (v.embedding <=> l.embedding))) from leader l), 0)
         end as score
    from voiced v
   where case $7::text when 'vector' then v.near when 'text' then v.bm25 > 0 else true end
),
page as (
  select r.*, (select count(distinct document_id) from scored) as total
    from (select s.*, row_number() over (partition by s.document_id order by s.score desc, s.id) as place,
                 max(s.score) over (partition by s.document_id) as document_score
            from scored s) as r
   where r.place <= $8::bigint
   order by r.document_score desc, r.document_id, r.place
   limit $6::bigint
)
select p.document_id::text as document_id, p.id::text as chunk_id, d.title, case when d.paged then c.page end as page, c.heading_path, c.content, c.char_start, c.char_end,
       greatest(0, least(1, case when $7::text = 'fused' then p.score / 1.4 else p.score end))::float8 as score,
       p.cosine::float8 as dense_score, p.wording::float8 as text_score, p.total
  from page p join chunks c on c.id = p.id join documents d on d.id = p.document_id
 order by p.document_score desc, p.document_id, p.place
