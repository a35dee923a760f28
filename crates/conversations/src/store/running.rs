//! The SQL of an answer while it is written.

use access::CredentialId;
use kernel::{
    Code, Problem, Result,
    id::{ConversationId, DocumentId, MessageId},
};
use models::FailedModel;
use platform::{Cx, pg::Value};

use crate::{
    AnswerCost, Failure, FinishReason, IdempotencyKey, LeftOut, Mentions, Source, Status, Usage,
    failed_models, search, source, tree::TreePosition,
};

/// The rows of a question and its answer, and the client's idempotency key.
pub(crate) struct NewAnswer<'a> {
    pub(crate) conversation: ConversationId,
    /// None: another answer to a question that is there.
    pub(crate) question: Option<(MessageId, &'a str)>,
    /// Of the question; stored if it is new.
    pub(crate) mentions: &'a Mentions,
    /// Of the question; stored if it is new.
    pub(crate) attachments: &'a [DocumentId],
    pub(crate) answer_id: MessageId,
    /// Of the first of the rows.
    pub(crate) place: TreePosition,
    /// For a conversation that has no title.
    pub(crate) title: &'a str,
    pub(crate) idempotency_key: Option<&'a IdempotencyKey>,
}

/// Writes question and answer, shows the path to them, and claims the idempotency key, in one
/// statement. False if the key was used before: nothing is written then.
///
/// # Errors
/// `answer_running`; `not_found` if the conversation has just been deleted.
pub(crate) async fn start(cx: &Cx, new: &NewAnswer<'_>) -> Result<bool> {
    // The answer's time is a microsecond later: ids of one millisecond are in no order.
    let sql = "with claim as (
          insert into idempotency_keys (tenant_id, user_id, key, request_hash, status, body)
          select $1, $2, $3::text, $4::bytea, 200, $6::uuid::text where $3::text is not null
          on conflict do nothing returning key
        ), go as (
          select where $3::text is null or exists (select from claim)
        ), question as (
          insert into messages (id, tenant_id, conversation_id, role, content, status, request_id, parent_id, depth, language, mentions)
          select $7::uuid, $1, $5, 'user', $8::text, 'done', $9::text, $11::uuid, $12::int, $13::text, $14::jsonb from go where $7::uuid is not null
        ), attached as (
          insert into message_attachments (tenant_id, message_id, document_id, position)
          select $1, $7::uuid, a.id, a.n from go, unnest($15::text[]::uuid[]) with ordinality a (id, n) where $7::uuid is not null
        ), shown as (
          update conversations set title = coalesce(title, $10::text), titled_by = case when title is null then 'question' else titled_by end, head_id = $6::uuid from go where id = $5
        )
        insert into messages (id, tenant_id, conversation_id, role, status, request_id, parent_id, depth, alive_at, created_at)
        select $6::uuid, $1, $5, 'assistant', 'pending', $9::text, coalesce($7::uuid, $11::uuid),
               $12::int + case when $7::uuid is null then 0 else 1 end, now(), now() + interval '1 microsecond' from go";
    let params: [Value; 15] = [
        cx.tenant()?.into(),
        cx.user()?.into(),
        new.idempotency_key.map(|key| key.key.as_str()).into(),
        new.idempotency_key.map(|key| key.request_hash.clone()).into(),
        new.conversation.into(),
        new.answer_id.into(),
        new.question.map(|(id, _)| id).into(),
        new.question.map(|(_, text)| text).into(),
        cx.request_id.as_str().into(),
        new.title.into(),
        new.place.parent.into(),
        new.place.depth.into(),
        new.question.and_then(|(_, text)| search::language_of(text)).into(),
        new.mentions.write().into(),
        new.attachments.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
    ];
    match cx.db.execute(sql, &params).await {
        Ok(written) => Ok(written == 1),
        Err(error) if error.unique_violation() == Some(RUNNING_KEY) => Err(running()),
        Err(error) if error.is_missing_reference() => Err(kernel::id::not_found("conversation")),
        Err(error) => Err(error.into()),
    }
}

/// The index that lets one answer of a conversation be written at a time.
const RUNNING_KEY: &str = "messages_running_key";

fn running() -> Problem {
    Problem::new(
        Code::AnswerRunning,
        "the answer before this one is still being written; wait for it or stop it",
    )
}

/// Begins to write on an answer that has ended with so many bytes, and claims the idempotency key,
/// in one statement. False if the key was used before, or the answer went on meanwhile. The process
/// that wrote the first part can no longer change the row: it has the id of another request.
///
/// # Errors
/// `answer_running`.
pub(crate) async fn restart(
    cx: &Cx,
    (message, bytes): (MessageId, usize),
    idempotency_key: Option<&IdempotencyKey>,
) -> Result<bool> {
    let sql = "with claim as (
          insert into idempotency_keys (tenant_id, user_id, key, request_hash, status, body)
          select $1, $2, $3::text, $4::bytea, 200, $5::uuid::text where $3::text is not null
          on conflict do nothing returning key
        )
        update messages set status = 'pending', alive_at = now(), stop_asked_at = null, finish_reason = null, request_id = $6,
               problem_code = null, problem_detail = null, problem_retry_at = null, problem_quota = null
         where id = $5 and status in ('done', 'stopped', 'failed') and octet_length(content) = $7::int8 and ($3::text is null or exists (select from claim))";
    let params: [Value; 7] = [
        cx.tenant()?.into(),
        cx.user()?.into(),
        idempotency_key.map(|key| key.key.as_str()).into(),
        idempotency_key.map(|key| key.request_hash.clone()).into(),
        message.into(),
        cx.request_id.as_str().into(),
        i64::try_from(bytes).unwrap_or(i64::MAX).into(),
    ];
    match cx.db.execute(sql, &params).await {
        Ok(written) => Ok(written == 1),
        Err(error) if error.unique_violation() == Some(RUNNING_KEY) => Err(running()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a request with this key was accepted before.
pub(crate) async fn is_repeated(cx: &Cx, key: &IdempotencyKey) -> Result<bool> {
    let sql = "select from idempotency_keys where user_id = $1 and key = $2";
    Ok(cx.db.optional(sql, &[cx.user()?.into(), key.key.as_str().into()]).await?.is_some())
}

/// The answer to the first request with this key.
pub(crate) async fn first_answer(cx: &Cx, key: &IdempotencyKey) -> Result<MessageId> {
    let sql = "select request_hash, body from idempotency_keys where user_id = $1 and key = $2";
    let row = cx.db.one(sql, &[cx.user()?.into(), key.key.as_str().into()]).await?;
    let same = row.get::<Vec<u8>>("request_hash")? == key.request_hash;
    let body: Option<String> = row.get("body")?;
    let mismatch = || {
        Problem::new(
            Code::IdempotencyMismatch,
            "expected a new idempotency-key for a request that differs from the first",
        )
    };
    body.filter(|_| same).and_then(|id| id.parse().ok()).ok_or_else(mismatch)
}

/// Marks answers as failed if their process sent no heartbeat for 30 seconds; true if there was
/// one.
pub(crate) async fn mark_dead(
    cx: &Cx,
    conversation: ConversationId,
    died: &Problem,
) -> Result<bool> {
    let sql = "update messages set status = 'failed', finish_reason = 'truncated', problem_code = $2, problem_detail = $3
         where conversation_id = $1 and status in ('pending', 'streaming') and alive_at < now() - interval '30 seconds'";
    Ok(cx
        .db
        .execute(
            sql,
            &[conversation.into(), died.code.as_str().into(), died.detail.as_ref().into()],
        )
        .await?
        > 0)
}

/// Stores the sources when the model begins to write.
pub(crate) async fn streaming(
    cx: &Cx,
    message: MessageId,
    sources: &[Source],
    left_out: LeftOut,
    model: &str,
) -> Result<()> {
    let sql = "update messages set status = 'streaming', sources = case when sources = '[]' then $2::jsonb else sources end, model = $3, left_out = $4::text[], alive_at = now()
         where id = $1 and status = 'pending'";
    let params =
        [message.into(), source::write(sources).into(), model.into(), words(left_out).into()];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

fn words(left_out: LeftOut) -> Vec<String> {
    left_out.words().into_iter().map(str::to_owned).collect()
}

/// Result of a heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HeartbeatOutcome {
    /// Continue.
    Wanted,
    /// The user requested to stop.
    StopAsked,
    /// The session or key of the question has ended, or its user or organisation is inactive.
    Ended,
    /// The conversation was deleted, or the answer was marked dead.
    Gone,
}

/// Heartbeat of an answer: stores its text so far, and checks that the credential of the question
/// is still valid.
pub(crate) async fn heartbeat(
    cx: &Cx,
    message: MessageId,
    content: &str,
    credential: CredentialId,
) -> Result<HeartbeatOutcome> {
    let sql = "update messages set alive_at = now(), content = $2 where id = $1 and request_id = $6 and status in ('pending', 'streaming')
          and exists (select from conversations c where c.id = conversation_id and c.deleted_at is null)
        returning stop_asked_at is not null as stop, lookup.credential_is_live($3::uuid, $4::uuid, $5::uuid) as live";
    let params = [
        message.into(),
        content.into(),
        cx.user()?.into(),
        credential.session().into(),
        credential.api_key().into(),
        cx.request_id.as_str().into(),
    ];
    Ok(match cx.db.optional(sql, &params).await? {
        None => HeartbeatOutcome::Gone,
        Some(row) if !row.get::<bool>("live")? => HeartbeatOutcome::Ended,
        Some(row) if row.get("stop")? => HeartbeatOutcome::StopAsked,
        Some(_) => HeartbeatOutcome::Wanted,
    })
}

/// The state in which an answer ends.
pub(crate) struct FinalAnswer<'a> {
    pub(crate) status: Status,
    pub(crate) content: &'a str,
    pub(crate) sources: &'a [Source],
    pub(crate) citations: &'a [i64],
    pub(crate) usage: Usage,
    /// The model that answered, if that was not known before.
    pub(crate) model: Option<&'a str>,
    /// Those that were to answer before it; stored with it alone.
    pub(crate) failed_models: &'a [FailedModel],
    pub(crate) failure: Option<&'a Failure>,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) left_out: LeftOut,
}

/// An answer that was settled.
pub(crate) struct SettledAnswer {
    /// What it cost, if that is shown.
    pub(crate) cost: Option<AnswerCost>,
}

/// Writes the answer's end; None if it was deleted meanwhile. An answer that was marked dead is corrected. Sources stored at its beginning
/// stay unchanged: one of their documents may have been deleted since.
pub(crate) async fn settle(
    cx: &Cx,
    message: MessageId,
    final_answer: &FinalAnswer<'_>,
) -> Result<Option<SettledAnswer>> {
    let sql = "update messages set status = $2, content = $3, sources = case when sources = '[]' then $4::jsonb else sources end, citations = $5, prompt_tokens = $6, completion_tokens = $7,
               problem_code = $8::text, problem_detail = $9::text, language = $10::text, model = coalesce($11::text, model),
               problem_retry_at = 'epoch'::timestamptz + $12::int8 * interval '1 microsecond', problem_quota = $13::jsonb,
               finish_reason = $14::text, left_out = $15::text[], failed_models = case when $11::text is null then failed_models else $17::jsonb end
         where id = $1 and request_id = $16 and status in ('pending', 'streaming', 'failed')
        returning (select k.cost from answer_costs(array[id]) k) as cost";
    let params: [Value; 17] = [
        message.into(),
        final_answer.status.as_str().into(),
        final_answer.content.into(),
        source::write(final_answer.sources).into(),
        serde_json::json!(final_answer.citations).into(),
        final_answer.usage.prompt_tokens.into(),
        final_answer.usage.completion_tokens.into(),
        final_answer.failure.map(|f| f.code.as_str()).into(),
        final_answer.failure.map(|f| f.detail.as_str()).into(),
        search::language_of(final_answer.content).into(),
        final_answer.model.into(),
        final_answer.failure.and_then(|f| f.retry_at).into(),
        final_answer.failure.and_then(Failure::quota_json).into(),
        final_answer.finish.map(FinishReason::as_str).into(),
        words(final_answer.left_out).into(),
        cx.request_id.as_str().into(),
        failed_models::write(final_answer.failed_models).into(),
    ];
    let Some(row) = cx.db.optional(sql, &params).await? else { return Ok(None) };
    let cost: Option<serde_json::Value> = row.get("cost")?;
    Ok(Some(SettledAnswer { cost: cost.as_ref().and_then(AnswerCost::read) }))
}

/// Requests that an answer be stopped.
pub(crate) async fn ask_stop(cx: &Cx, message: MessageId) -> Result<()> {
    let sql = "update messages set stop_asked_at = coalesce(stop_asked_at, now()) where id = $1 and status in ('pending', 'streaming')";
    cx.db.execute(sql, &[message.into()]).await?;
    Ok(())
}
