//! `POST /api/v1/messages/{message_id}/stop`: stops an answer; its text so far is kept.

use api::{Call, NoContent};
use kernel::Result;

pub(crate) async fn stop_message(call: Call) -> Result<NoContent> {
    conversations::stop_message(call.cx()?, call.param("message_id")?).await?;
    api::no_content()
}
