//! The SQL of feedback on answers.

use kernel::{Problem, Result, id::MessageId};
use platform::{Cx, pg::Row};

use crate::feedback::{Feedback, Rating};

/// Reads `rating`, `comment` and `rated_at`; None if there is no rating.
pub(crate) fn read(row: &Row) -> Result<Option<Feedback>> {
    let Some(number) = row.get::<Option<i32>>("rating")? else { return Ok(None) };
    Ok(Some(Feedback {
        rating: Rating::parse(number)
            .ok_or_else(|| Problem::internal(format!("message_feedback.rating: `{number}`")))?,
        comment: row.get("comment")?,
        updated_at: row.get("rated_at")?,
    }))
}

pub(crate) async fn put(
    cx: &Cx,
    message: MessageId,
    rating: Rating,
    comment: Option<String>,
) -> Result<Feedback> {
    let sql =
        "insert into message_feedback (tenant_id, message_id, user_id, rating, comment) values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, message_id, user_id) do update set rating = excluded.rating, comment = excluded.comment
        returning rating, comment, micros(updated_at) as rated_at";
    let params = [
        cx.tenant()?.into(),
        message.into(),
        cx.user()?.into(),
        rating.as_number().into(),
        comment.into(),
    ];
    let row = cx.db.one(sql, &params).await?;
    read(&row)?.ok_or_else(|| Problem::internal("message_feedback: no row was written"))
}

pub(crate) async fn delete(cx: &Cx, message: MessageId) -> Result<()> {
    let sql = "delete from message_feedback where message_id = $1 and user_id = $2";
    cx.db.execute(sql, &[message.into(), cx.user()?.into()]).await?;
    Ok(())
}
