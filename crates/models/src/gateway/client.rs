//! Requests to the gateway, each with a grant.

use std::{collections::VecDeque, time::Duration};

use credentials::{ModelGrant, model_grant};
use futures::StreamExt;
use kernel::{Code, Problem, ReachedQuota, Reason, ReasonCode, Result};
use platform::{
    config,
    http::{self, BodyStream, Incoming, Outgoing},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    CHAT, LIST, TEST, URL, WireAttempt, WireChat, WireChecks, WireEvent, WireImage, WireList,
    WireMessage, WireTest,
};
use crate::{
    Delta, ErrorKind, EventReader, ListedModel, ProviderError, Request, ToolCallDelta, failure,
    timeout::within,
};

/// The gateway sends a comment each 2 s while a provider is silent.
const BETWEEN: Duration = Duration::from_secs(45);
/// A test asks a model one word, and gives up before this.
const TEST_SECONDS: u64 = 55;
/// Bytes of a document that the gateway answers.
const DOCUMENT_LIMIT: usize = 1 << 20;

/// One check of a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderCheck {
    /// `address`, `credential`, `models`, `model` or `streaming`.
    pub name: String,
    /// Whether it passed.
    pub ok: bool,
    /// What was found, for clients to explain; none if this version does not know the reason.
    pub reason: Option<Reason>,
    /// What was found, and what to do.
    pub detail: String,
}

/// Tests a provider, and one of its chat models if it is named. Takes up to a minute.
///
/// # Errors
/// `not_found` if the provider was deleted; `unavailable` if the gateway does not answer.
pub async fn test_provider(grant: &ModelGrant, model: Option<&str>) -> Result<Vec<ProviderCheck>> {
    let body = WireTest { model: model.map(str::to_owned) };
    let answer: WireChecks = document(send(grant, TEST, &body).await?).await?;
    let check = |check: super::WireCheck| ProviderCheck {
        name: check.name,
        ok: check.ok,
        reason: reason(&check.reason, check.value),
        detail: check.detail,
    };
    Ok(answer.checks.into_iter().map(check).collect())
}

/// A gateway of another version may have reasons that this one does not know.
fn reason(code: &str, value: Option<String>) -> Option<Reason> {
    ReasonCode::parse(code).map(|code| Reason { value, ..code.into() })
}

/// The models that a provider lists.
///
/// # Errors
/// `model_failed` with what an administrator can do; `not_found` if the provider was deleted;
/// `unavailable` if the gateway does not answer.
pub async fn list_models(grant: &ModelGrant) -> Result<Vec<ListedModel>> {
    match document(send(grant, LIST, &WireTest::default()).await?).await? {
        WireList::Models(models) => Ok(models
            .into_iter()
            .map(|model| ListedModel { name: model.name, title: model.title })
            .collect()),
        WireList::Failed(detail) => Err(Problem::new(Code::ModelFailed, detail)
            .caused_by("the provider gave no list of models")),
    }
}

/// Asks the models of a grant.
pub(crate) async fn ask(grant: &ModelGrant, request: &Request) -> Result<GatewayEvents> {
    let body = WireChat {
        messages: request.messages.iter().map(WireMessage::of).collect(),
        images: request.images.iter().filter_map(WireImage::of).collect(),
        sampling: request.sampling,
        options: request.options.clone(),
        max_tokens: request.max_tokens,
        attribution: request.attribution,
    };
    let answer = send(grant, CHAT, &body).await?;
    if answer.status != 200 {
        return Err(refused(answer).await);
    }
    Ok(GatewayEvents {
        body: Some(answer.body),
        reader: EventReader::default(),
        ready: VecDeque::new(),
    })
}

pub(super) async fn send<T: Serialize>(
    grant: &ModelGrant,
    path: &str,
    body: &T,
) -> Result<Incoming> {
    // Pictures make it large: no tree is built of it.
    let body = serde_json::to_vec(body).map_err(Problem::internal)?;
    let headers = [("content-type", "application/json".to_owned())];
    send_bytes(grant, path, body, headers, Duration::from_secs(TEST_SECONDS)).await
}

/// Sends a body of any type. `limit`: until the head of the answer, and for each frame.
pub(super) async fn send_bytes(
    grant: &ModelGrant,
    path: &str,
    body: Vec<u8>,
    headers: impl IntoIterator<Item = (&'static str, String)>,
    limit: Duration,
) -> Result<Incoming> {
    let url = config::optional("gateway_url").await?.unwrap_or_else(|| URL.to_owned());
    let url = format!("{}{path}", url.trim_end_matches('/'));
    let mut out = Outgoing::post_bytes(url, body, headers).traced();
    out.idle_timeout = limit;
    let out = out.header(model_grant::HEADER, grant.text().to_owned());
    let unreached = |problem: Problem| {
        Problem::unavailable(
            "the model gateway",
            problem.cause.as_deref().unwrap_or("no answer").to_owned(),
        )
    };
    http::send(out).await.map_err(unreached)
}

pub(super) async fn document<T: DeserializeOwned>(answer: Incoming) -> Result<T> {
    document_within(answer, DOCUMENT_LIMIT).await
}

pub(super) async fn document_within<T: DeserializeOwned>(
    answer: Incoming,
    limit: usize,
) -> Result<T> {
    if answer.status != 200 {
        return Err(refused(answer).await);
    }
    let bytes = answer.bytes(limit).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::internal(format!("gateway: {:?}", error.classify())))
}

/// The problem that the gateway answered.
async fn refused(answer: Incoming) -> Problem {
    let status = answer.status;
    let seconds = answer
        .headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    let bytes = answer.bytes(DOCUMENT_LIMIT).await.unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let member =
        |name: &str| body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    match (status, member("error")) {
        (404, "not_found") => kernel::id::not_found("provider"),
        (413, _) => failure::of_row(&ProviderError::new(ErrorKind::TooLarge, "more than 1 MiB")),
        (_, "usage_quota_reached") => {
            let problem = Problem::new(Code::UsageQuotaReached, member("detail").to_owned())
                .retry_after(seconds.unwrap_or(1));
            match body.get("quota").and_then(reached_quota) {
                Some(quota) => problem.by_quota(quota),
                None => problem,
            }
        }
        (_, "price_missing") => Problem::new(Code::PriceMissing, member("detail").to_owned()),
        (_, "model_failed") => {
            Problem::new(Code::ModelFailed, member("detail").to_owned()).caused_by("gateway")
        }
        (_, code) => Problem::unavailable("the model gateway", format!("status {status} {code}")),
    }
}

fn reached_quota(body: &serde_json::Value) -> Option<ReachedQuota> {
    let member = |name: &str| Some(body.get(name)?.as_str()?.to_owned());
    Some(ReachedQuota {
        subject: member("subject")?,
        measure: member("measure")?,
        period: member("period")?,
        limit: member("limit")?,
        is_held: body.get("held")?.as_bool()?,
    })
}

/// An answer while it comes.
pub(crate) struct GatewayEvents {
    /// None: there is nothing more to read.
    body: Option<BodyStream>,
    reader: EventReader,
    ready: VecDeque<String>,
}

impl GatewayEvents {
    /// The next delta; None once the model is done. May be dropped and called again without losing
    /// anything.
    ///
    /// # Errors
    /// `model_failed` if the answer failed or broke off.
    pub(crate) async fn next(&mut self) -> Result<Option<Delta>> {
        loop {
            if let Some(data) = self.ready.pop_front() {
                let event = serde_json::from_str(&data);
                match event.map_err(|error| broken(format!("gateway: {:?}", error.classify())))? {
                    WireEvent::Done { .. } => {
                        self.body = None;
                        return Ok(None);
                    }
                    WireEvent::Failed { failure, .. } => {
                        self.body = None;
                        return Err(failure::of_row(&ProviderError::from(&failure)));
                    }
                    event => return Ok(Some(delta_of(event))),
                }
            }
            let Some(body) = &mut self.body else {
                return Err(broken("the gateway's answer was read after its end"));
            };
            match within(BETWEEN, body.next()).await {
                Some(Some(Ok(bytes))) => {
                    let events = self
                        .reader
                        .push(&bytes)
                        .map_err(|_| broken("an event of the gateway is too long"))?;
                    self.ready.extend(events);
                }
                Some(Some(Err(cause))) => return Err(self.end(cause)),
                Some(None) => {
                    return Err(
                        self.end("the gateway's answer ended without its last event".to_owned())
                    );
                }
                None => return Err(self.end("the gateway was silent".to_owned())),
            }
        }
    }

    fn end(&mut self, cause: String) -> Problem {
        self.body = None;
        broken(cause)
    }
}

fn broken(cause: impl Into<String>) -> Problem {
    failure::of_row(&ProviderError::new(ErrorKind::Truncated, cause))
}

/// The delta of an event; `Done` and `Failed` are none and are taken before.
fn delta_of(event: WireEvent) -> Delta {
    let count = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    match event {
        WireEvent::Model { id, title, attempts, .. } => {
            Delta::Model { title, failed: WireAttempt::failed_models(&attempts, &id) }
        }
        WireEvent::Text { text } => Delta::Content(text),
        WireEvent::Thinking { text } => Delta::Thinking(text),
        WireEvent::ToolCall { index, id, name, arguments } => {
            Delta::ToolCall(ToolCallDelta { index, id, name, arguments, opaque: None })
        }
        WireEvent::Usage { prompt, completion, .. } => {
            Delta::Usage { prompt_tokens: count(prompt), completion_tokens: count(completion) }
        }
        WireEvent::Finish { reason } => Delta::Finish(reason),
        WireEvent::Done { .. } | WireEvent::Failed { .. } => Delta::Content(String::new()),
    }
}
