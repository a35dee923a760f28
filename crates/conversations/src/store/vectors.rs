//! The SQL of the vectors of messages.

use kernel::{Result, id::MessageId};
use models::QueryEmbedding;
use platform::{
    Cx,
    pg::{Row, Value},
};

use crate::vectors::{DueMessage, MESSAGE_CHARS, MessageChunk};

/// A vector as Postgres reads it.
fn text(vector: &[f32]) -> String {
    format!("[{}]", vector.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

/// The vectors of a query and their models, as two parameters.
pub(super) fn of_query(embeddings: &[QueryEmbedding]) -> [Value; 2] {
    let vectors = embeddings.iter().map(|embedding| text(&embedding.vector)).collect();
    let models = embeddings.iter().map(|embedding| embedding.model.clone()).collect();
    [Value::TextArray(vectors), Value::TextArray(models)]
}

/// The models that vectors of the caller's messages were made by.
pub(crate) async fn models(cx: &Cx) -> Result<Vec<String>> {
    let sql = "select e.id from embedding_models e
        where exists (select from message_vectors v where v.user_id = $1 and v.model = e.id) order by e.id";
    cx.db.query(sql, &[cx.user()?.into()]).await?.iter().map(|row| row.get("id")).collect()
}

/// Messages that have ended and have no vectors yet, newest first.
pub(crate) async fn due(cx: &Cx, limit: i64) -> Result<Vec<DueMessage>> {
    let sql = "select id, left(content, $1) as content from messages
        where not embedded and status in ('done', 'stopped') order by created_at desc limit $2";
    let read = |row: &Row| Ok(DueMessage { id: row.get("id")?, content: row.get("content")? });
    cx.db.query(sql, &[MESSAGE_CHARS.into(), limit.into()]).await?.iter().map(read).collect()
}

/// Stores vectors, and marks their messages. One that is gone, has vectors already or is held by
/// others gets none. Returns how many messages were marked.
pub(crate) async fn insert(
    cx: &Cx,
    model: &str,
    messages: &[MessageId],
    chunks: &[MessageChunk],
) -> Result<u64> {
    let sql = "with due as (
          select m.id from messages m where m.id = any ($1::text[]::uuid[]) and not m.embedded for no key update skip locked
        ), marked as (
          update messages m set embedded = true from due d where m.id = d.id
          returning m.tenant_id, m.id, m.conversation_id, m.created_at
        ), made as (
          insert into message_vectors (tenant_id, message_id, ordinal, conversation_id, user_id, model, char_start, char_end, embedding, created_at)
          select m.tenant_id, m.id, v.ordinal, m.conversation_id, c.user_id, $2, v.char_start, v.char_end, v.embedding::halfvec, m.created_at
            from marked m
            join conversations c on c.id = m.conversation_id
            join unnest($3::text[]::uuid[], $4::text[]::int[], $5::text[]::int[], $6::text[]::int[], $7::text[])
                   as v (message_id, ordinal, char_start, char_end, embedding) on v.message_id = m.id
        )
        select count(*) as messages from marked";
    let column =
        |of: fn(&MessageChunk) -> String| Value::TextArray(chunks.iter().map(of).collect());
    let params = [
        messages.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
        model.into(),
        column(|chunk| chunk.message.to_string()),
        column(|chunk| chunk.ordinal.to_string()),
        column(|chunk| chunk.start.to_string()),
        column(|chunk| chunk.end.to_string()),
        column(|chunk| text(&chunk.embedding)),
    ];
    let marked: i64 = cx.db.one(sql, &params).await?.get("messages")?;
    Ok(u64::try_from(marked).unwrap_or_default())
}
