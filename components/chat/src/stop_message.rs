//! `POST /api/v1/messages/{message_id}/stop`: stops an answer; its text so far is kept.

use api::{Call, Response};
use kernel::Result;

pub(crate) async fn stop_message(call: Call) -> Result<Response> {
    conversations::stop_message(call.cx()?, call.param("message_id")?).await?;
    api::no_content()
}
