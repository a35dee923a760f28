//! `PUT /api/v1/conversations/{conversation_id}/path`: shows another version of a question or an
//! answer.

use api::{CallWith, Json};
use contract::Schema;
use kernel::{Result, id::ConversationId};
use serde::Deserialize;

use crate::conversation::ConversationBody;

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowPath {
    /// A message of the path; from it on, the newest versions are shown.
    #[schema(as = Uuid)]
    message_id: String,
}

pub(crate) async fn show_path(mut call: CallWith<ShowPath>) -> Result<Json<ConversationBody>> {
    let body: ShowPath = call.json().await?;
    let id: ConversationId = call.param("conversation_id")?;
    let conversation = conversations::show_path(call.cx()?, id, body.message_id.parse()?).await?;
    api::ok(&ConversationBody::from(&conversation))
}
