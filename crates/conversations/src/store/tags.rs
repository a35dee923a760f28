//! The SQL of tags.

use kernel::Result;
use platform::{Cx, pg::Row};

use crate::tags::Tag;

/// The most used tags of the caller. Of those that differ only in case, the one of the newest
/// conversation is shown.
pub(crate) async fn list(cx: &Cx, limit: i64) -> Result<Vec<Tag>> {
    let sql = "with used as (
          select t.tag, c.created_at from conversations c cross join unnest(c.tags) as t (tag)
           where c.user_id = $1 and c.deleted_at is null and c.archived_at is null
        )
        select (array_agg(tag order by created_at desc, tag))[1] as name, count(*) as conversations
          from used group by lower(tag) order by conversations desc, name limit $2";
    let rows = cx.db.query(sql, &[cx.user()?.into(), limit.into()]).await?;
    let read =
        |row: &Row| Ok(Tag { name: row.get("name")?, conversations: row.get("conversations")? });
    rows.iter().map(read).collect()
}
