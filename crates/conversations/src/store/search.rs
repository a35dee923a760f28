//! The SQL of the search over one's own conversations.

use kernel::Result;
use models::QueryEmbedding;
use platform::Cx;

use super::{conversations, vectors};
use crate::search::FoundConversation;

/// The newest messages of a user among which words are looked for. `words` has no index: under
/// row-level security Postgres may not use it, because `@@` is not leakproof, and one user's
/// messages are few.
const MESSAGES: i64 = 20_000;

/// The newest matches that are ranked; older ones come after them. The cost of a rank grows with
/// what matches in a message: some milliseconds at worst.
const RANKED: i64 = 200;

/// The newest chunks of a user that are compared with the query, for each model: all of them, so
/// that none that is near is missed (ADR 47).
const COMPARED: i64 = 20_000;

/// What is looked for.
pub(crate) struct SearchQuery<'a> {
    /// Words, as `websearch_to_tsquery` reads them.
    pub(crate) words: &'a str,
    /// Vectors of the query; none: words alone count.
    pub(crate) embeddings: &'a [QueryEmbedding],
}

/// Words match in the language of each message, and exact words in every language; title and tags
/// count as much as a short message, and also match by a part of a word, because people search
/// while they type. Vectors match from the relevance on that the row of their model names.
/// Reciprocal rank fusion (k = 60) of the 100 best conversations of both.
const STATEMENT: &str = concat!(
    "with own as materialized (
      select * from conversations where user_id = $1 and deleted_at is null
    ), texts as materialized (
      (select m.conversation_id, m.id as message_id, m.created_at, coalesce(m.language, 'simple') as language, m.words,
              false as has_part
         from own c join messages m on m.conversation_id = c.id
        where m.words is not null order by m.created_at desc limit $4)
      union all
      select n.id, null, n.updated_at, 'simple', to_tsvector('simple', n.names), position(lower($2) in lower(n.names)) > 0
        from (select id, updated_at, concat_ws(' ', title, array_to_string(tags, ' ')) as names from own) as n where n.names <> ''
    ), asked as materialized (
      select l.language, websearch_to_tsquery('simple', $2) || websearch_to_tsquery(l.language::regconfig, $2) as query
        from (select distinct language from texts) l
    ), matches as (
      select t.conversation_id, t.message_id, t.created_at, t.words, a.query,
             row_number() over (order by t.created_at desc, t.message_id) as place
        from texts t join asked a on a.language = t.language where t.words @@ a.query or t.has_part
    ), hits as (
      select distinct on (conversation_id) conversation_id, message_id, created_at, query, rank
        from (select m.*, case when place <= $5 then ts_rank_cd(words, query, 1) else 0 end as rank from matches m) ranked
       order by conversation_id, rank desc, created_at desc
    ), by_words as (
      select h.*, row_number() over (order by h.rank desc, h.created_at desc, h.conversation_id) as place from hits h order by place limit 100
    ), sought as materialized (
      select q.model, q.embedding::halfvec as embedding from unnest($6::text[], $7::text[]) as q (embedding, model)
    ), compared as (
      select x.*, m.cosine_scale * (1 - x.distance - m.cosine_base) as relevance, m.relevant_message
        from sought q
        join embedding_models m on m.id = q.model
       cross join lateral (
         select v.conversation_id, v.message_id, v.char_start, v.char_end, v.created_at, v.embedding <=> q.embedding as distance
           from message_vectors v where v.user_id = $1 and v.model = q.model order by v.created_at desc limit $8) x
    ), near as (
      select distinct on (x.conversation_id) x.conversation_id, x.message_id, x.char_start, x.char_end, x.created_at, x.relevance
        from compared x join own c on c.id = x.conversation_id
       where x.relevance >= x.relevant_message
       order by x.conversation_id, x.relevance desc, x.created_at desc
    ), by_meaning as (
      select n.*, row_number() over (order by n.relevance desc, n.created_at desc, n.conversation_id) as place from near n order by place limit 100
    ), best as (
      select coalesce(w.conversation_id, n.conversation_id) as conversation_id, coalesce(w.message_id, n.message_id) as message_id,
             case when w.message_id is not null then w.query end as query, n.char_start, n.char_end,
             row_number() over (order by coalesce(1.0 / (60 + w.place), 0) + coalesce(1.0 / (60 + n.place), 0) desc, w.place, n.place) as place
        from by_words w full join by_meaning n on n.conversation_id = w.conversation_id
       order by place limit $3
    )
    select ",
    conversations::columns!(),
    ", b.message_id, f.id is not null and b.query is null as is_near,
           case when f.id is null then ''
                when b.query is null then substr(f.content, b.char_start + 1, b.char_end - b.char_start)
                else ts_headline(coalesce(f.language, 'simple')::regconfig, left(f.content, 50000), b.query,
                                 'StartSel=\"\", StopSel=\"\", MaxWords=40, MinWords=20') end as snippet
      from best b join own c on c.id = b.conversation_id left join messages f on f.conversation_id = c.id and f.id = b.message_id
     order by b.place"
);

/// The conversations that are found, best first.
pub(crate) async fn search(
    cx: &Cx,
    sought: &SearchQuery<'_>,
    limit: i64,
) -> Result<Vec<FoundConversation>> {
    let [embeddings, models] = vectors::of_query(sought.embeddings);
    let params = [
        cx.user()?.into(),
        sought.words.into(),
        limit.into(),
        MESSAGES.into(),
        RANKED.into(),
        embeddings,
        models,
        COMPARED.into(),
    ];
    let found = |row: &platform::pg::Row| {
        let snippet: String = row.get("snippet")?;
        Ok(FoundConversation {
            conversation: conversations::read(row)?,
            message: row.get("message_id")?,
            snippet: match row.get("is_near")? {
                true => knowledge::snippet(sought.words, &snippet),
                false => snippet,
            },
        })
    };
    cx.db.query(STATEMENT, &params).await?.iter().map(found).collect()
}
