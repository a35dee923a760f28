//! The SQL of attachments.

use kernel::{
    Result,
    id::{ConversationId, DocumentId, MessageId},
};
use platform::{Cx, pg::Row};
use serde_json::Value;

use crate::MessageAttachment;

/// The most messages of a path whose attachments are looked at.
const STEPS: i64 = 200;
/// As many as a conversation may have.
const MOST: i64 = 100;

/// The attachments of a message `m`, for [`read`].
macro_rules! column {
    () => {
        "(select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'name', d.filename, 'type', d.media_type) order by a.position), '[]')
            from message_attachments a join documents d on d.id = a.document_id where a.message_id = m.id) as attachments"
    };
}

pub(crate) use column;

/// `readable`: ids of the documents that the reader may open.
pub(crate) fn read(row: &Row, readable: &[String]) -> Result<Vec<MessageAttachment>> {
    let stored: Value = row.get("attachments")?;
    let one = |it: &Value| {
        let text = |name: &str| it.get(name).and_then(Value::as_str);
        let id = text("id")?;
        Some(MessageAttachment {
            document_id: id.parse().ok()?,
            name: text("name")?.to_owned(),
            media_type: text("type")?.to_owned(),
            available: readable.iter().any(|readable| readable == id),
        })
    };
    Ok(stored.as_array().into_iter().flatten().filter_map(one).collect())
}

/// The attachments of a message of the caller, in its order.
pub(crate) async fn of_message(cx: &Cx, message: MessageId) -> Result<Vec<DocumentId>> {
    let sql = "select document_id from message_attachments where message_id = $1 order by position";
    cx.db.query(sql, &[message.into()]).await?.iter().map(|row| row.get("document_id")).collect()
}

/// The attachments of a message and those before it, newest question first.
pub(crate) async fn on_path(
    cx: &Cx,
    conversation: ConversationId,
    last: MessageId,
) -> Result<Vec<DocumentId>> {
    let sql = "with recursive path as (
          select m.id, m.parent_id, 1 as step from messages m where m.conversation_id = $1 and m.id = $2
          union all
          select m.id, m.parent_id, p.step + 1
            from path p join messages m on m.conversation_id = $1 and m.id = p.parent_id where p.step < $3::int8
        )
        select a.document_id from path p join message_attachments a on a.message_id = p.id
         order by p.step, a.position limit $4::int8";
    let params = [conversation.into(), last.into(), STEPS.into(), MOST.into()];
    cx.db.query(sql, &params).await?.iter().map(|row| row.get("document_id")).collect()
}
