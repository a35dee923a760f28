//! The SQL of the tree of a conversation's messages.

use kernel::{
    Result,
    id::{ConversationId, MessageId},
};
use platform::Cx;

use crate::{Mentions, Role, tree::Node};

/// A message of one of the caller's own conversations.
pub(crate) async fn node(cx: &Cx, message: MessageId) -> Result<Option<Node>> {
    let sql = "select m.conversation_id, m.role, m.content, m.mentions, m.parent_id, m.depth,
               case when m.parent_id is null
                 then (select count(*) from messages s where s.conversation_id = m.conversation_id and s.parent_id is null and s.role = m.role)
                 else (select count(*) from messages s where s.conversation_id = m.conversation_id and s.parent_id = m.parent_id and s.role = m.role)
               end as versions
          from messages m join conversations c on c.id = m.conversation_id
         where m.id = $1 and c.user_id = $2 and c.deleted_at is null";
    let Some(row) = cx.db.optional(sql, &[message.into(), cx.user()?.into()]).await? else {
        return Ok(None);
    };
    Ok(Some(Node {
        conversation: row.get("conversation_id")?,
        role: Role::parse(&row.get::<String>("role")?),
        content: row.get("content")?,
        mentions: Mentions::read(row.get::<Option<serde_json::Value>>("mentions")?.as_ref()),
        parent: row.get("parent_id")?,
        depth: row.get("depth")?,
        versions: row.get("versions")?,
    }))
}

/// The end of the path through a message that continues along the newest message at every step.
pub(crate) async fn newest_leaf(
    cx: &Cx,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<MessageId>> {
    let sql = "with recursive path as (
          select m.id, m.depth from messages m where m.conversation_id = $1 and m.id = $2
          union all
          select n.id, n.depth from path p cross join lateral (
            select m.id, m.depth from messages m where m.conversation_id = $1 and m.parent_id = p.id
             order by m.created_at desc, m.id desc limit 1
          ) n
        )
        select id from path order by depth desc limit 1";
    cx.db
        .optional(sql, &[conversation.into(), message.into()])
        .await?
        .map(|row| row.get("id"))
        .transpose()
}

/// Makes a message the end of the path that is shown; false while an answer is written.
pub(crate) async fn show(cx: &Cx, conversation: ConversationId, leaf: MessageId) -> Result<bool> {
    let sql = "update conversations c set head_id = $2
         where c.id = $1 and c.user_id = $3 and c.deleted_at is null
           and not exists (select from messages m where m.conversation_id = c.id and m.status in ('pending', 'streaming'))";
    Ok(cx.db.execute(sql, &[conversation.into(), leaf.into(), cx.user()?.into()]).await? == 1)
}
