//! The SQL of conversations. Row-level security separates tenants; `user_id` separates users.

use kernel::{
    PageRequest, Result,
    id::{AssistantId, ConversationId, SpaceId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::Conversation;

fn read(row: &Row) -> Result<Conversation> {
    Ok(Conversation {
        id: row.get("id")?,
        assistant_id: row.get("assistant_id")?,
        space_id: row.get("space_id")?,
        title: row.get("title")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn insert(cx: &Cx, id: ConversationId, space: SpaceId, assistant: AssistantId) -> Result<()> {
    let sql = "insert into conversations (id, tenant_id, user_id, space_id, assistant_id) values ($1, $2, $3, $4, $5)";
    cx.db.execute(sql, &[id.into(), cx.tenant()?.into(), cx.user()?.into(), space.into(), assistant.into()]).await?;
    Ok(())
}

pub(crate) async fn list(
    cx: &Cx,
    assistant: Option<AssistantId>,
    request: PageRequest,
) -> Result<(Vec<Conversation>, i64)> {
    let sql = "with mine as (
          select * from conversations where user_id = $4 and ($5::uuid is null or assistant_id = $5)
        )
        select id, assistant_id, space_id, title, micros(created_at) as created_at, micros(updated_at) as updated_at,
               (select count(*) from mine) as total
          from mine c where before_cursor(c.created_at, c.id, $2, $3)
         order by c.created_at desc, c.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into(), assistant.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, conversation: ConversationId) -> Result<Option<Conversation>> {
    let sql =
        "select id, assistant_id, space_id, title, micros(created_at) as created_at, micros(updated_at) as updated_at
          from conversations where id = $1 and user_id = $2";
    cx.db.optional(sql, &[conversation.into(), cx.user()?.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn rename(cx: &Cx, conversation: ConversationId, title: &str) -> Result<()> {
    let sql = "update conversations set title = $3 where id = $1 and user_id = $2";
    cx.db.execute(sql, &[conversation.into(), cx.user()?.into(), title.into()]).await?;
    Ok(())
}

/// Whether the conversation existed.
pub(crate) async fn delete(cx: &Cx, conversation: ConversationId) -> Result<bool> {
    let sql = "delete from conversations where id = $1 and user_id = $2";
    Ok(cx.db.execute(sql, &[conversation.into(), cx.user()?.into()]).await? == 1)
}
