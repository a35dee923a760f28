//! `GET /api/v1/conversations/{conversation_id}/messages`: oldest first.

use api::{Call, Response, wire};
use kernel::{Page, Result};

use crate::message::{MessageBody, Shown, Web};

pub(crate) async fn list_messages(call: Call) -> Result<Response> {
    let page = chats::list_messages(call.cx()?, call.param("conversation_id")?, call.page()?).await?;
    let web = Web::from_config().await?;
    let items = page.items.into_iter().map(|message| Shown { message, web: web.clone() }).collect();
    api::ok(&wire::list::<_, MessageBody>("messages", &Page { items, total: page.total, next: page.next }))
}
