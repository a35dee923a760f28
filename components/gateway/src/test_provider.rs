//! `POST /internal/v1/test`: asks the provider of a grant, and says in words what is wrong.

use api::{CallWith, Json};
use catalogue::target;
use futures::StreamExt;
use kernel::{Problem, Reason, ReasonCode, Result};
use models::{
    ChatEvent, ChatMessage, ChatReader, ChatRequest, Endpoint, ErrorKind, ListedModel, Parameters,
    ProviderError, Role,
    gateway::{WireCheck, WireChecks, WireTest},
    within,
};
use serde::Serialize;
use serde_json::Value;

use crate::provider_call::{self, CallTimeouts};

/// The most that a model may answer to the test's question; thoughts count.
const TOKENS: u32 = 64;

pub(crate) async fn test_provider(mut call: CallWith<Value>) -> Result<Json<Value>> {
    let wanted: WireTest = api::parse(&call.bytes().await?)?;
    let context = call.granted()?;
    let endpoint = target::open_provider(context).await?;
    context.cx.db.release().await;
    let mut checks = list_checks(&endpoint, wanted.model.as_deref()).await;
    if let (Some(model), true) = (&wanted.model, checks.iter().all(|check| check.ok)) {
        checks.extend(model_checks(&endpoint, model).await);
    }
    document(&WireChecks { checks })
}

/// A JSON document of ours.
pub(crate) fn document<T: Serialize>(body: &T) -> Result<Json<Value>> {
    api::ok(&serde_json::to_value(body).map_err(Problem::internal)?)
}

fn passed(name: &str, reason: impl Into<Reason>, detail: impl Into<String>) -> WireCheck {
    check(name, true, reason.into(), detail.into())
}

fn failed(name: &str, reason: impl Into<Reason>, detail: impl Into<String>) -> WireCheck {
    check(name, false, reason.into(), detail.into())
}

fn refused(name: &str, error: &ProviderError) -> WireCheck {
    failed(name, reason(error), advice(error))
}

fn check(name: &str, ok: bool, reason: Reason, detail: String) -> WireCheck {
    let code = reason.code.as_str().to_owned();
    WireCheck { name: name.to_owned(), ok, reason: code, value: reason.value, detail }
}

/// Whether the address answers, takes the credential and lists models.
async fn list_checks(endpoint: &Endpoint, model: Option<&str>) -> Vec<WireCheck> {
    let listed = provider_call::list(endpoint).await;
    let error = match listed.and_then(|body| ListedModel::read(endpoint.dialect, &body)) {
        Ok(models) => {
            let known = model.is_none_or(|model| models.iter().any(|listed| listed.name == model));
            let detail = format!("the provider lists {} models", models.len());
            // Some providers serve more than they list: the question decides.
            let (reason, detail) = if known {
                (ReasonCode::ModelsListed, detail)
            } else {
                (ReasonCode::ModelNotListed, format!("{detail}, and this model is not among them"))
            };
            return vec![
                reached(),
                credential_check(endpoint),
                passed("models", reason.with_value(models.len()), detail),
            ];
        }
        Err(error) => error,
    };
    match error.kind {
        // The question shows more, if there is one.
        ErrorKind::Unsupported => {
            vec![passed(
                "models",
                ReasonCode::NoModelList,
                "this kind of provider lists no models; enter them by name, and test one of them",
            )]
        }
        ErrorKind::Connection | ErrorKind::Timeout => vec![refused("address", &error)],
        ErrorKind::Authentication | ErrorKind::Permission | ErrorKind::Billing => {
            vec![reached(), refused("credential", &error)]
        }
        ErrorKind::WrongPath | ErrorKind::ModelMissing | ErrorKind::Unreadable => {
            vec![refused("address", &ProviderError { kind: ErrorKind::WrongPath, ..error })]
        }
        _ => vec![refused("models", &error)],
    }
}

fn reached() -> WireCheck {
    let detail = "the server answers over a valid connection";
    passed("address", ReasonCode::ServerReached, detail)
}

fn credential_check(endpoint: &Endpoint) -> WireCheck {
    let (reason, detail) = if endpoint.key.is_some() {
        (ReasonCode::CredentialAccepted, "the provider accepts the credential")
    } else {
        (ReasonCode::CredentialNotNeeded, "the provider asks for no credential")
    };
    passed("credential", reason, detail)
}

/// Whether the model answers, and whether its answer streams.
async fn model_checks(endpoint: &Endpoint, model: &str) -> Vec<WireCheck> {
    match ask(endpoint, model).await {
        Ok(true) => {
            vec![
                passed("model", ReasonCode::ModelAnswers, "the model answers"),
                passed(
                    "streaming",
                    ReasonCode::AnswerStreams,
                    "the answer comes while it is written",
                ),
            ]
        }
        Ok(false) => vec![
            passed("model", ReasonCode::ModelAnswers, "the model answers"),
            failed(
                "streaming",
                ReasonCode::AnswerBuffered,
                "the answer comes in one piece at its end; a proxy in between may collect it: switch its buffering off",
            ),
        ],
        Err(error) if matches!(error.kind, ErrorKind::Authentication | ErrorKind::Permission) => {
            vec![refused("credential", &error)]
        }
        Err(error) => vec![refused("model", &error)],
    }
}

/// Asks for one word; whether it came as a stream.
async fn ask(endpoint: &Endpoint, model: &str) -> std::result::Result<bool, ProviderError> {
    let question = ChatMessage::text(Role::User, "Answer with the single word: yes");
    let parameters = Parameters { max_tokens: Some(TOKENS), ..Parameters::default() };
    let request = ChatRequest { parameters, ..ChatRequest::new(model, vec![question]) };
    let answer = provider_call::post(endpoint.chat(&request)?, CallTimeouts::TEST).await?;
    let kind = answer
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let mut reader = ChatReader::new(endpoint.dialect, &kind);
    let mut body = answer.body;
    while !reader.is_finished() && !reader.is_closed() {
        match within(CallTimeouts::TEST.between, body.next())
            .await
            .ok_or_else(provider_call::silent)?
        {
            Some(Ok(bytes)) => reader.push(&bytes),
            Some(Err(cause)) => reader.end(Some(&cause)),
            None => reader.end(None),
        }
    }
    while let Some(event) = reader.next_event() {
        if let ChatEvent::Failed(error) = event {
            return Err(error);
        }
    }
    Ok(!kind.starts_with("application/json"))
}

/// Why a check failed, with the words of the provider.
fn reason(error: &ProviderError) -> Reason {
    let code = match error.kind {
        ErrorKind::Connection => ReasonCode::ServerUnreachable,
        ErrorKind::Timeout => ReasonCode::ServerSilent,
        ErrorKind::Authentication => ReasonCode::CredentialRefused,
        ErrorKind::Permission => ReasonCode::CredentialNotPermitted,
        ErrorKind::Billing => ReasonCode::AccountEmpty,
        ErrorKind::WrongPath => ReasonCode::ServerUnlike,
        ErrorKind::ModelMissing => ReasonCode::ModelMissing,
        ErrorKind::Unreadable | ErrorKind::TooLong => ReasonCode::AnswerUnreadable,
        ErrorKind::Truncated => ReasonCode::AnswerCut,
        ErrorKind::Unsupported => ReasonCode::NotOffered,
        ErrorKind::RateLimited | ErrorKind::Overloaded => ReasonCode::ServerBusy,
        ErrorKind::Server | ErrorKind::Conflict | ErrorKind::CircuitOpen => ReasonCode::ServerFault,
        ErrorKind::ContextLength
        | ErrorKind::TooLarge
        | ErrorKind::Invalid
        | ErrorKind::ContentFilter => ReasonCode::ModelRefuses,
    };
    match (error.status, error.message.as_str()) {
        // The message of a failed connection is a sentence of ours.
        (Some(status), "") => code.with_value(status),
        (Some(status), message) => code.with_value(format_args!("{status}: {message}")),
        (None, _) => code.into(),
    }
}

/// What an administrator does about a failure.
pub(crate) fn advice(error: &ProviderError) -> String {
    // The message of a failed connection is a sentence of ours.
    let Some(words) = advice_on(error.kind) else { return error.message.clone() };
    match (error.status, error.message.is_empty()) {
        (Some(status), false) => format!("{words} (status {status}: {})", error.message),
        (Some(status), true) => format!("{words} (status {status})"),
        (None, _) => words.to_owned(),
    }
}

fn advice_on(kind: ErrorKind) -> Option<&'static str> {
    use ErrorKind as Kind;
    Some(match kind {
        Kind::Connection => return None,
        Kind::Timeout => "the server did not answer in time; check the address, or try again",
        Kind::Authentication => {
            "the provider does not accept the credential; enter a valid key of this provider"
        }
        Kind::Permission => {
            "the provider accepts the credential, and it may not do this; give the key the right to use models"
        }
        Kind::Billing => {
            "the account at the provider has no money or quota left; look at its billing page"
        }
        Kind::WrongPath => {
            "the server answers, and not as this kind of provider does; check the kind, and that the address ends with the version, such as /v1"
        }
        Kind::ModelMissing => {
            "the provider does not have this model, or not for this key; correct its name"
        }
        Kind::Unreadable | Kind::TooLong => {
            "the answer could not be read; check that the kind of the provider is right"
        }
        Kind::Truncated => "the answer broke off before its end; a proxy in between may cut it",
        Kind::Unsupported => "this kind of provider does not offer that; choose another kind",
        Kind::RateLimited | Kind::Overloaded => {
            "the provider is reached, and has too much to do now or limits this key; try again in a minute"
        }
        Kind::Server | Kind::Conflict | Kind::CircuitOpen => {
            "the provider had a fault of its own; try again shortly"
        }
        Kind::ContextLength | Kind::TooLarge | Kind::Invalid | Kind::ContentFilter => {
            "the provider refuses the test's question; the model may not be made for chats"
        }
    })
}
