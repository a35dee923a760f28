//! `POST /api/v1/conversations/{conversation_id}/messages`: asks; the answer is a stream or one
//! document.

use api::{Call, CallWith, EventStream, Idempotent, Json, Reply, Watch};
use contract::Schema;
use conversations::{IdempotencyKey, Models, Question};
use kernel::{Problem, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    event::{self, EventBody},
    message::{AnswerBody, Web},
};

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskQuestion {
    #[schema(length(min = 1, max = 32000))]
    content: String,
}

pub(crate) async fn create_message(
    mut call: CallWith<AskQuestion>,
) -> Result<Idempotent<(EventStream<EventBody>, Json<AnswerBody>)>> {
    let body: AskQuestion = call.json().await?;
    let idempotency_key = idempotency_key(&call, &body.content)?;
    let wants_stream = call.header("accept").is_some_and(|kinds| kinds.contains("text/event-stream"));
    let (models, web) = (Models::from_config().await?, Web::from_config().await?);
    let mut watch = Watch::of(&call)?;
    let conversation = call.param("conversation_id")?;
    let question = Question { conversation, content: body.content, idempotency_key, credential: watch.credential() };
    let events = conversations::ask(call.take_cx()?, models, question).await?;
    if wants_stream {
        return event::stream(events, web, watch).map(Reply::into_kind);
    }
    // A caller who loses the right to ask the assistant is notified by the answer itself: it ends.
    let mut answer =
        watch.guard(&(), |(), _| Box::pin(async { Ok(()) }), conversations::completed_answer(events)).await??;
    // Its sources may have been found minutes ago.
    let cx = watch.look().await?.ok_or_else(|| Problem::unavailable("the database", "no answer"))?;
    answer.sources = conversations::readable_sources(&cx, answer.sources).await?;
    api::ok(&AnswerBody::new(&answer, &web)).map(Reply::into_kind)
}

/// The key that makes a repeated request the same one, bound to what the request says.
fn idempotency_key(call: &Call, content: &str) -> Result<Option<IdempotencyKey>> {
    let Some(key) = api::idempotency_key(call)? else { return Ok(None) };
    let mut hash = Sha256::new();
    for part in [call.method.as_str(), call.path(), content] {
        hash.update(part);
        hash.update([0]);
    }
    Ok(Some(IdempotencyKey { key, request_hash: hash.finalize().to_vec() }))
}
