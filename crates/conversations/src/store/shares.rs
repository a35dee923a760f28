//! The SQL of links to conversations.

use kernel::{
    PageRequest, Result,
    id::{ConversationId, ConversationShareId, MessageId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::share::{Share, SharedConversation};

fn read(row: &Row) -> Result<Share> {
    Ok(Share {
        id: row.get("id")?,
        conversation_id: row.get("conversation_id")?,
        message_id: row.get("head_id")?,
        expires_at: row.get("expires_at")?,
        created_at: row.get("created_at")?,
    })
}

/// What a conversation has before a link is made.
pub(crate) struct ShareState {
    pub(crate) is_running: bool,
    pub(crate) links: i64,
}

pub(crate) async fn state(cx: &Cx, conversation: ConversationId) -> Result<ShareState> {
    let sql = "select exists (select from messages where conversation_id = $1 and status in ('pending', 'streaming')) as is_running,
               (select count(*) from conversation_shares where conversation_id = $1 and revoked_at is null and expires_at > now()) as links";
    let row = cx.db.one(sql, &[conversation.into()]).await?;
    Ok(ShareState { is_running: row.get("is_running")?, links: row.get("links")? })
}

pub(crate) async fn insert(
    cx: &Cx,
    id: ConversationShareId,
    conversation: ConversationId,
    head: MessageId,
    days: i64,
) -> Result<Share> {
    let sql = "insert into conversation_shares (id, tenant_id, conversation_id, head_id, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(days => $5::int8::int))
        returning id, conversation_id, head_id, micros(expires_at) as expires_at, micros(created_at) as created_at";
    read(
        &cx.db
            .one(
                sql,
                &[id.into(), cx.tenant()?.into(), conversation.into(), head.into(), days.into()],
            )
            .await?,
    )
}

pub(crate) async fn list(
    cx: &Cx,
    conversation: ConversationId,
    request: PageRequest,
) -> Result<(Vec<Share>, i64)> {
    let sql = "with valid as (
          select * from conversation_shares where conversation_id = $4 and revoked_at is null and expires_at > now()
        )
        select id, conversation_id, head_id, micros(expires_at) as expires_at, micros(created_at) as created_at, (select count(*) from valid) as total
          from valid s where before_cursor(s.created_at, s.id, $2, $3) order by s.created_at desc, s.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, conversation.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn revoke(cx: &Cx, share: ConversationShareId) -> Result<bool> {
    let sql = "update conversation_shares s set revoked_at = now()
         where s.id = $1 and s.revoked_at is null and s.expires_at > now()
           and exists (select from conversations c where c.id = s.conversation_id and c.user_id = $2 and c.deleted_at is null)";
    Ok(cx.db.execute(sql, &[share.into(), cx.user()?.into()]).await? == 1)
}

pub(crate) async fn open(
    cx: &Cx,
    share: ConversationShareId,
) -> Result<Option<SharedConversation>> {
    let sql = "select c.title, u.display_name as owner, c.assistant_id, s.conversation_id, s.head_id, micros(s.expires_at) as expires_at,
               micros(s.created_at) as created_at
          from conversation_shares s join conversations c on c.id = s.conversation_id join users u on u.id = c.user_id
         where s.id = $1 and s.revoked_at is null and s.expires_at > now() and c.deleted_at is null
           and u.deleted_at is null and u.state = 'active'";
    let Some(row) = cx.db.optional(sql, &[share.into()]).await? else { return Ok(None) };
    Ok(Some(SharedConversation {
        title: row.get("title")?,
        owner: row.get("owner")?,
        assistant_id: row.get("assistant_id")?,
        expires_at: row.get("expires_at")?,
        created_at: row.get("created_at")?,
        conversation: row.get("conversation_id")?,
        head: row.get("head_id")?,
    }))
}
