//! `POST /api/v1/conversations/{conversation_id}/messages`: asks; the answer is a stream or one
//! document. `POST /api/v1/messages/{message_id}/regenerate`: answers its question again.
//! `POST /api/v1/messages/{message_id}/continue`: continues an answer that lacks its end.

use std::{borrow::Cow, str::FromStr};

use api::{Call, CallWith, EventStream, Idempotent, Json, Reply, Watch};
use contract::Schema;
use conversations::{
    Continuation, Events, IdempotencyKey, Mentions, Models, Question, Regeneration,
};
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
    /// The question of which this is another version; without it, the question follows the last
    /// message.
    #[schema(as = Uuid)]
    question_id: Option<String>,
    /// Who answers this question, in place of the conversation's assistant.
    #[schema(as = Uuid)]
    assistant_id: Option<String>,
    /// What is searched for this question, in place of the assistant's collections.
    #[serde(default)]
    #[schema(as = Uuid, length(max = 10))]
    collection_ids: Vec<String>,
    /// What is read for this question, in place of the assistant's collections: whole documents if
    /// they fit, else the passages that are nearest to it.
    #[serde(default)]
    #[schema(as = Uuid, length(max = 10))]
    document_ids: Vec<String>,
    /// Ids of files of this conversation that the question is about; they have to be ready.
    #[serde(default)]
    #[schema(as = Uuid, length(max = 20))]
    attachment_ids: Vec<String>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegenerateMessage {
    /// A model of `GET /api/v1/models`, if the assistant lets people choose; without it, the one of
    /// the conversation.
    #[schema(length(min = 1, max = 200))]
    model: Option<String>,
}

pub(crate) async fn create_message(
    mut call: CallWith<AskQuestion>,
) -> Result<Idempotent<(EventStream<EventBody>, Json<AnswerBody>)>> {
    let body: AskQuestion = call.json().await?;
    let watch = Watch::of(&call)?;
    let question = Question {
        conversation: call.param("conversation_id")?,
        edits: body.question_id.as_deref().map(str::parse).transpose()?,
        mentions: Mentions {
            assistant: body.assistant_id.as_deref().map(str::parse).transpose()?,
            collections: ids(&body.collection_ids)?,
            documents: ids(&body.document_ids)?,
        },
        attachments: ids(&body.attachment_ids)?,
        idempotency_key: idempotency_key(&call, &fingerprint(&body))?,
        content: body.content,
        credential: watch.credential(),
    };
    let wants_stream = wants_stream(&call);
    let events =
        conversations::ask(call.take_cx()?, Models::from_config().await?, question).await?;
    reply(events, watch, wants_stream).await
}

pub(crate) async fn regenerate_message(
    mut call: CallWith<RegenerateMessage>,
) -> Result<Idempotent<(EventStream<EventBody>, Json<AnswerBody>)>> {
    let body: RegenerateMessage = call.json().await?;
    let watch = Watch::of(&call)?;
    let answer = call.param("message_id")?;
    let wanted = Regeneration {
        answer,
        idempotency_key: idempotency_key(
            &call,
            &[body.model.as_deref().unwrap_or_default().into()],
        )?,
        model: body.model,
        credential: watch.credential(),
    };
    let wants_stream = wants_stream(&call);
    let events =
        conversations::regenerate(call.take_cx()?, Models::from_config().await?, wanted).await?;
    reply(events, watch, wants_stream).await
}

pub(crate) async fn continue_message(
    mut call: Call,
) -> Result<Idempotent<(EventStream<EventBody>, Json<AnswerBody>)>> {
    let watch = Watch::of(&call)?;
    let wanted = Continuation {
        answer: call.param("message_id")?,
        idempotency_key: idempotency_key(&call, &[])?,
        credential: watch.credential(),
    };
    let wants_stream = wants_stream(&call);
    let events =
        conversations::continue_answer(call.take_cx()?, Models::from_config().await?, wanted)
            .await?;
    reply(events, watch, wants_stream).await
}

/// What the question says, for its idempotency key. If it names and attaches nothing, as it was
/// before it could, so that an older client's key still fits.
fn fingerprint(body: &AskQuestion) -> Vec<Cow<'_, str>> {
    let mut parts: Vec<Cow<'_, str>> =
        vec![body.content.as_str().into(), body.question_id.as_deref().unwrap_or_default().into()];
    let more = [
        body.assistant_id.as_slice(),
        &body.collection_ids,
        &body.document_ids,
        &body.attachment_ids,
    ];
    if more.iter().any(|ids| !ids.is_empty()) {
        parts.extend(more.iter().map(|ids| ids.join(" ").into()));
    }
    parts
}

/// Ids of a request.
pub(crate) fn ids<T: FromStr<Err = Problem>>(texts: &[String]) -> Result<Vec<T>> {
    texts.iter().map(|text| text.parse()).collect()
}

fn wants_stream(call: &Call) -> bool {
    call.header("accept").is_some_and(|kinds| kinds.contains("text/event-stream"))
}

async fn reply(
    events: Events,
    mut watch: Watch,
    wants_stream: bool,
) -> Result<Idempotent<(EventStream<EventBody>, Json<AnswerBody>)>> {
    let web = Web::from_config().await?;
    if wants_stream {
        return event::stream(events, web, watch).map(Reply::into_kind);
    }
    // A caller who loses the right to ask the assistant is notified by the answer itself: it ends.
    let mut answer = watch
        .guard(&(), |(), _| Box::pin(async { Ok(()) }), conversations::completed_answer(events))
        .await??;
    // Its sources may have been found minutes ago.
    let cx =
        watch.look().await?.ok_or_else(|| Problem::unavailable("the database", "no answer"))?;
    answer.sources = conversations::readable_sources(&cx, answer.sources).await?;
    api::ok(&AnswerBody::new(&answer, &web)).map(Reply::into_kind)
}

/// The key that makes a repeated request the same one, bound to what the request says.
fn idempotency_key(call: &Call, body: &[Cow<'_, str>]) -> Result<Option<IdempotencyKey>> {
    let Some(key) = api::idempotency_key(call)? else { return Ok(None) };
    let mut hash = Sha256::new();
    let request = [call.method.as_str(), call.path()];
    for part in request.into_iter().chain(body.iter().map(AsRef::as_ref)) {
        hash.update(part);
        hash.update([0]);
    }
    Ok(Some(IdempotencyKey { key, request_hash: hash.finalize().to_vec() }))
}
