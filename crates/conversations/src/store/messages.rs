//! The SQL that reads messages.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, Result,
    id::{ConversationId, MessageId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::{
    AnswerCost, Failure, FinishReason, LeftOut, Mentions, Message, Order, Role, Status, Usage,
    failed_models, failure,
    history::{History, Turn},
    source,
    store::{attachments, conversations, feedback},
};

/// The most turns that are read for a prompt, and the most characters of them; more than fit.
const TURNS: i64 = 100;
const HISTORY_CHARS: i64 = 400_000;
/// Of a question or answer for a prompt, in characters; longer ones do not fit whole.
const TURN_CHARS: i32 = 64_000;

#[expect(clippy::too_many_lines, reason = "one line a column")]
fn read(row: &Row) -> Result<Message> {
    let status: String = row.get("status")?;
    let citations: serde_json::Value = row.get("citations")?;
    let prompt_tokens: Option<i32> = row.get("prompt_tokens")?;
    let completion_tokens: Option<i32> = row.get("completion_tokens")?;
    let code: Option<String> = row.get("problem_code")?;
    let readable = row.get::<Option<Vec<String>>>("readable")?.unwrap_or_default();
    let mut sources = source::read(&row.get("sources")?);
    source::withhold(&mut sources, &readable);
    let failure = |code: String| {
        Ok::<_, Problem>(Failure {
            code: Code::parse(&code).unwrap_or(Code::Internal),
            detail: row.get::<Option<String>>("problem_detail")?.unwrap_or_default(),
            request_id: row.get::<Option<String>>("request_id")?.unwrap_or_default(),
            retry_at: row.get("problem_retry_at")?,
            quota: row
                .get::<Option<serde_json::Value>>("problem_quota")?
                .as_ref()
                .and_then(failure::read_quota),
        })
    };
    let message = Message {
        id: row.get("id")?,
        conversation_id: row.get("conversation_id")?,
        parent_id: row.get("parent_id")?,
        versions: row
            .get::<Vec<String>>("versions")?
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect(),
        role: Role::parse(&row.get::<String>("role")?),
        content: row.get("content")?,
        mentions: Mentions::read(row.get::<Option<serde_json::Value>>("mentions")?.as_ref()),
        status: Status::parse(&status)
            .ok_or_else(|| Problem::internal(format!("messages.status: `{status}`")))?,
        finish_reason: row
            .get::<Option<String>>("finish_reason")?
            .and_then(|reason| FinishReason::parse(&reason)),
        left_out: LeftOut::parse(row.get::<Vec<String>>("left_out")?.iter().map(String::as_str)),
        attachments: attachments::read(row, &readable)?,
        sources,
        citations: citations
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_i64)
            .collect(),
        usage: prompt_tokens
            .zip(completion_tokens)
            .map(|(prompt_tokens, completion_tokens)| Usage { prompt_tokens, completion_tokens }),
        cost: row.get::<Option<serde_json::Value>>("cost")?.as_ref().and_then(AnswerCost::read),
        model: row.get("model")?,
        failed_models: failed_models::read(&row.get("failed_models")?),
        imported_from: conversations::source(row)?,
        failure: code.map(failure).transpose()?,
        feedback: feedback::read(row)?,
        abandoned: row.get("abandoned")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    };
    let request_id: Option<String> = row.get("request_id")?;
    Ok(if message.abandoned {
        message.interrupted(&request_id.unwrap_or_default())
    } else {
        message
    })
}

/// The columns that [`read`] needs of a message `m` and the caller's feedback `f`, except
/// `readable`.
macro_rules! columns {
    () => {
        concat!(attachments::column!(), ", m.id, m.conversation_id, m.parent_id, m.role, m.content, m.mentions, m.status, m.finish_reason, m.left_out, m.sources, m.citations, m.model, m.failed_models, m.imported_from, m.prompt_tokens, m.completion_tokens,
               m.problem_code, m.problem_detail, micros(m.problem_retry_at) as problem_retry_at, m.problem_quota, m.request_id, k.cost, f.rating, f.comment, micros(f.updated_at) as rated_at, micros(m.created_at) as created_at, micros(m.updated_at) as updated_at,
               m.status in ('pending', 'streaming') and m.alive_at < now() - interval '30 seconds' as abandoned,
               case when m.parent_id is null
                 then array(select s.id::text from messages s where s.conversation_id = m.conversation_id and s.parent_id is null and s.role = m.role
                             order by s.created_at, s.id)
                 else array(select s.id::text from messages s where s.conversation_id = m.conversation_id and s.parent_id = m.parent_id and s.role = m.role
                             order by s.created_at, s.id)
               end as versions")
    };
}

/// The bytes of a page of messages, but for its last one: imported messages are long.
macro_rules! page_bytes {
    () => {
        "1048576"
    };
}

/// A page of the path that is shown: a walk towards the root from `$start`, as far as `$steps`;
/// `$page` selects its messages. `fits` is false for the one after those within [`page_bytes`].
macro_rules! list {
    ($mine:literal, $start:literal, $steps:literal, $page:literal, $order:literal) => {
        concat!(
            "with recursive mine as (", $mine, "), walk as (
          select m.id, m.parent_id, 1 as step from mine c join messages m on m.conversation_id = c.id and m.id = ", $start, "
          union all
          select m.id, m.parent_id, w.step + 1 from walk w join messages m on m.conversation_id = $4 and m.id = w.parent_id", $steps, "
        ), sized as (
          select m.id, sum(octet_length(m.content) + pg_column_size(m.sources)) over (order by ", $order, " rows between unbounded preceding and 1 preceding) as before,
                 sum(octet_length(m.content) + pg_column_size(m.sources)) over (order by ", $order, " rows between unbounded preceding and 2 preceding) as before_last
            from walk w join messages m on m.id = w.id ", $page, "
        ), page as (
          select m.*, coalesce(s.before, 0) < ", page_bytes!(), " as fits from sized s join messages m on m.id = s.id
           where coalesce(s.before_last, 0) < ", page_bytes!(), " order by ", $order, " limit $1
        ), readable as (
          select array_agg(d.id::text) as ids from documents d join space_roles r on r.space_id = d.space_id and r.user_id = $5
           where d.id in (select (s ->> 'document_id')::uuid from page p, jsonb_array_elements(p.sources) s
                          union select a.document_id from page p join message_attachments a on a.message_id = p.id)
        )
        select ", columns!(), ", m.fits, (select ids from readable) as readable,
               (select h.depth from mine c join messages h on h.id = c.head_id)::bigint as total
          from page m left join message_feedback f on f.message_id = m.id and f.user_id = $5
          left join answer_costs(array(select a.id from page a where a.role = 'assistant')) k on k.message_id = m.id order by ", $order
        )
    };
}

const OLDEST_FIRST: &str = list!(
    "select c.id, c.head_id from conversations c where c.id = $4 and c.user_id = $5 and c.deleted_at is null",
    "c.head_id",
    "",
    "where $2::int8 is null or m.depth > (select x.depth from messages x where x.conversation_id = $4 and x.id = $3)",
    "m.depth"
);

/// The path to a message, for the readers of a link; who may read it was checked.
const OLDEST_FIRST_TO: &str = list!(
    "select c.id, $6::uuid as head_id from conversations c where c.id = $4 and c.deleted_at is null",
    "c.head_id",
    "",
    "where $2::int8 is null or m.depth > (select x.depth from messages x where x.conversation_id = $4 and x.id = $3)",
    "m.depth"
);

/// A page begins above the last message of the page before.
const NEWEST_FIRST: &str = list!(
    "select c.id, c.head_id from conversations c where c.id = $4 and c.user_id = $5 and c.deleted_at is null",
    "case when $2::int8 is null then c.head_id
          else (select x.parent_id from messages x where x.conversation_id = c.id and x.id = $3) end",
    " where w.step < $1::int8",
    "",
    "m.depth desc"
);

/// The messages of one of the caller's own conversations.
pub(crate) async fn list(
    cx: &Cx,
    conversation: ConversationId,
    order: Order,
    request: PageRequest,
) -> Result<Page<Message>> {
    let sql = match order {
        Order::OldestFirst => OLDEST_FIRST,
        Order::NewestFirst => NEWEST_FIRST,
    };
    let [limit, at, id] = page_params(request);
    let params = [limit, at, id, conversation.into(), cx.user()?.into()];
    page(&cx.db.query(sql, &params).await?, request)
}

/// The messages from the first one to `head`, oldest first, with the sources that the caller may
/// read.
pub(crate) async fn list_to(
    cx: &Cx,
    conversation: ConversationId,
    head: MessageId,
    request: PageRequest,
) -> Result<Page<Message>> {
    let [limit, at, id] = page_params(request);
    let params = [limit, at, id, conversation.into(), cx.user()?.into(), head.into()];
    page(&cx.db.query(OLDEST_FIRST_TO, &params).await?, request)
}

/// Ends before the first message that does not fit, or after as many as were asked for.
fn page(rows: &[Row], request: PageRequest) -> Result<Page<Message>> {
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    let mut fitting = 0;
    for row in rows {
        fitting += i64::from(row.get::<bool>("fits")?);
    }
    let request = PageRequest { limit: request.limit.min(fitting), ..request };
    let items = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page::cut(items, total, request, |m: &Message| Cursor { at: m.created_at, id: m.id.0 }))
}

/// An answer in one of the caller's own conversations.
pub(crate) async fn answer(cx: &Cx, message: MessageId) -> Result<Option<Message>> {
    let sql = concat!(
        "select ",
        columns!(),
        ", array(select d.id::text from documents d join space_roles r on r.space_id = d.space_id and r.user_id = $2
                      where d.id in (select (s ->> 'document_id')::uuid from jsonb_array_elements(m.sources) s)) as readable
          from messages m join conversations c on c.id = m.conversation_id left join message_feedback f on f.message_id = m.id and f.user_id = $2
          left join answer_costs(array[$1::uuid]) k on k.message_id = m.id
         where m.id = $1 and m.role = 'assistant' and c.user_id = $2 and c.deleted_at is null"
    );
    cx.db.optional(sql, &[message.into(), cx.user()?.into()]).await?.as_ref().map(read).transpose()
}

/// The ids, as text, of those documents that exist and that the caller may read.
pub(crate) async fn readable(cx: &Cx, documents: Vec<String>) -> Result<Vec<String>> {
    let sql = "select array(select d.id::text from documents d join space_roles r on r.space_id = d.space_id and r.user_id = $1
                            where d.id = any($2::text[]::uuid[])) as readable";
    cx.db.one(sql, &[cx.user()?.into(), documents.into()]).await?.get("readable")
}

/// What was said up to a message: questions with a complete or partial answer.
pub(crate) async fn history(
    cx: &Cx,
    conversation: ConversationId,
    last: Option<MessageId>,
) -> Result<History> {
    let Some(last) = last else { return Ok(History::default()) };
    let sql = "with recursive path as (
          select m.id, m.parent_id, m.role, m.status, m.content, 1 as step from messages m where m.conversation_id = $1 and m.id = $2
          union all
          select m.id, m.parent_id, m.role, m.status, m.content, p.step + 1
            from path p join messages m on m.conversation_id = $1 and m.id = p.parent_id where p.step < 2 * ($3::int8 + 1)
        ), turns as (
          select left(q.content, $4::int) as question, left(a.content, $4::int) as answer, a.step,
                 length(q.content) > $4 or length(a.content) > $4 as is_cut,
                 sum(least(length(q.content), $4) + least(length(a.content), $4)) over (order by a.step) as characters,
                 count(*) over () as total
            from path a join path q on q.id = a.parent_id
           where a.role = 'assistant' and q.role = 'user' and a.status in ('done', 'stopped') and a.content <> ''
        )
        select question, answer, is_cut, total from turns
         where step = (select min(step) from turns) or characters <= $5::int8 order by step limit $3::int8";
    let params =
        [conversation.into(), last.into(), TURNS.into(), TURN_CHARS.into(), HISTORY_CHARS.into()];
    let rows = cx.db.query(sql, &params).await?;
    let mut out = History::default();
    for row in &rows {
        out.turns.push(Turn { question: row.get("question")?, answer: row.get("answer")? });
        out.is_cut |= row.get::<bool>("is_cut")?;
    }
    let total: i64 = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    out.is_cut |= i64::try_from(out.turns.len()).unwrap_or(i64::MAX) < total;
    Ok(out)
}
