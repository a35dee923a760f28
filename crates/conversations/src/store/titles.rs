//! The SQL of titles by models.

use kernel::{Result, id::ConversationId};
use platform::Cx;

/// Whether a model may give the title: the first question has, and no model was asked.
pub(crate) async fn claim(cx: &Cx, conversation: ConversationId) -> Result<bool> {
    let sql = "update conversations set titled_by = 'model'
         where id = $1 and user_id = $2 and titled_by = 'question' and deleted_at is null";
    Ok(cx.db.execute(sql, &[conversation.into(), cx.user()?.into()]).await? == 1)
}

/// Stores the title, unless the user has given one meanwhile.
pub(crate) async fn put(cx: &Cx, conversation: ConversationId, title: &str) -> Result<()> {
    let sql = "update conversations set title = $3
         where id = $1 and user_id = $2 and titled_by = 'model' and deleted_at is null";
    cx.db.execute(sql, &[conversation.into(), cx.user()?.into(), title.into()]).await?;
    Ok(())
}
