//! The SQL of the search over one's own conversations.

use kernel::Result;
use platform::Cx;

use super::conversations;
use crate::search::FoundConversation;

/// The newest messages of a user among which words are looked for. `words` has no index: under
/// row-level security Postgres may not use it, because `@@` is not leakproof, and one user's
/// messages are few.
const MESSAGES: i64 = 20_000;

/// The newest matches that are ranked; older ones come after them. The cost of a rank grows with
/// what matches in a message: some milliseconds at worst.
const RANKED: i64 = 200;

/// Matches count in the language of each message, and exact words in every language. A title counts
/// as much as a short message.
pub(crate) async fn search(cx: &Cx, query: &str, limit: i64) -> Result<Vec<FoundConversation>> {
    let sql = concat!(
        "with own as materialized (
          select * from conversations where user_id = $1 and deleted_at is null
        ), texts as materialized (
          (select m.conversation_id, m.id as message_id, m.created_at, coalesce(m.language, 'simple') as language, m.words
             from own c join messages m on m.conversation_id = c.id
            where m.words is not null order by m.created_at desc limit $4)
          union all
          select c.id, null, c.updated_at, 'simple', to_tsvector('simple', c.title) from own c where c.title is not null
        ), asked as materialized (
          select l.language, websearch_to_tsquery('simple', $2) || websearch_to_tsquery(l.language::regconfig, $2) as query
            from (select distinct language from texts) l
        ), matches as (
          select t.conversation_id, t.message_id, t.created_at, t.words, a.query,
                 row_number() over (order by t.created_at desc, t.message_id) as place
            from texts t join asked a on a.language = t.language where t.words @@ a.query
        ), hits as (
          select distinct on (conversation_id) conversation_id, message_id, created_at, query, rank
            from (select m.*, case when place <= $5 then ts_rank_cd(words, query, 1) else 0 end as rank from matches m) ranked
           order by conversation_id, rank desc, created_at desc
        ), best as (
          select * from hits order by rank desc, created_at desc, conversation_id limit $3
        )
        select ",
        conversations::columns!(),
        ", b.message_id,
               case when f.id is null then ''
                    else ts_headline(coalesce(f.language, 'simple')::regconfig, left(f.content, 50000), b.query,
                                     'StartSel=\"\", StopSel=\"\", MaxWords=40, MinWords=20') end as snippet
          from best b join own c on c.id = b.conversation_id left join messages f on f.conversation_id = c.id and f.id = b.message_id
         order by b.rank desc, b.created_at desc, b.conversation_id"
    );
    let rows = cx
        .db
        .query(
            sql,
            &[cx.user()?.into(), query.into(), limit.into(), MESSAGES.into(), RANKED.into()],
        )
        .await?;
    let found = |row: &platform::pg::Row| {
        Ok(FoundConversation {
            conversation: conversations::read(row)?,
            message: row.get("message_id")?,
            snippet: row.get("snippet")?,
        })
    };
    rows.iter().map(found).collect()
}
