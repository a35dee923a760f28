//! `GET /api/v1/messages/{message_id}/stream`: resumes an answer, after `Last-Event-ID` if there is
//! one.

use api::{Call, EventStream, Reply, Watch, kind};
use conversations::EventId;
use kernel::{Result, id::MessageId};

use crate::{
    event::{self, EventBody},
    message::Web,
};

pub(crate) async fn stream_message(
    mut call: Call,
) -> Result<Reply<kind::Resumable<EventStream<EventBody>>>> {
    let after = call.header("last-event-id").map_or(Ok(EventId::default()), str::parse)?;
    let message: MessageId = call.param("message_id")?;
    let web = Web::from_config().await?;
    let watch = Watch::of(&call)?;
    event::stream(conversations::follow(call.take_cx()?, message, after).await?, web, watch)
        .map(Reply::into_kind)
}
