//! One request to a provider: sent, its head awaited, a refusal classified.

use std::time::Duration;

use catalogue::target::ModelTarget;
use models::{
    Endpoint, ErrorKind, FormRequest, HttpRequest, ProviderError, gateway::WireAttempt,
    transport_error, within,
};
use platform::{
    clock,
    http::{self, Incoming, Outgoing},
    random,
};

/// Bytes of an error's body.
const ERROR_LIMIT: usize = 64 << 10;
/// Bytes of a list of models.
const LIST_LIMIT: usize = 4 << 20;
/// From the end of an answer to the end of its stream.
const TRAILER: Duration = Duration::from_secs(5);

/// The timeouts of a provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CallTimeouts {
    /// The head of its answer, and the first byte.
    pub(crate) first: Duration,
    /// Between two bytes.
    pub(crate) between: Duration,
}

impl CallTimeouts {
    /// Of a question: a large model reads a long prompt for a minute.
    pub(crate) const CHAT: Self =
        Self { first: Duration::from_secs(120), between: Duration::from_secs(60) };
    /// Of a recording: 25 MiB go up, and hours of speech are read, before the first byte comes.
    pub(crate) const TRANSCRIPTION: Self =
        Self { first: Duration::from_secs(300), between: Duration::from_secs(60) };
    /// Of a test, which an administrator waits for.
    pub(crate) const TEST: Self =
        Self { first: Duration::from_secs(12), between: Duration::from_secs(12) };

    /// The longest silence in a stream. After the model's last word, usage may follow.
    pub(crate) fn silence(self, began: bool, is_finished: bool) -> Duration {
        match (is_finished, began) {
            (true, _) => TRAILER,
            (false, true) => self.between,
            (false, false) => self.first,
        }
    }
}

/// Random in 0 to 1; without randomness the longest wait.
pub(crate) fn jitter() -> f64 {
    random::bytes::<2>()
        .map_or(1.0, |bytes| f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX))
}

/// Posts a question; returns its answer if the status is a success.
///
/// # Errors
/// The provider's error.
pub(crate) async fn post(
    request: HttpRequest,
    timeouts: CallTimeouts,
) -> Result<Incoming, ProviderError> {
    let HttpRequest { url, headers, body } = request;
    let mut out = Outgoing::post_json(url, &body);
    // With pictures it is several MiB large, and the head may take two minutes.
    drop(body);
    out.headers.extend(headers);
    send(out, timeouts).await
}

/// Posts a form; returns its answer if the status is a success.
///
/// # Errors
/// The provider's error.
pub(crate) async fn post_form(
    request: FormRequest,
    timeouts: CallTimeouts,
) -> Result<Incoming, ProviderError> {
    let FormRequest { url, headers, body } = request;
    send(Outgoing::post_bytes(url, body, headers), timeouts).await
}

/// The body of a list of models.
///
/// # Errors
/// The provider's error.
pub(crate) async fn list(endpoint: &Endpoint) -> Result<Vec<u8>, ProviderError> {
    let request = endpoint.list_models()?;
    let mut out = Outgoing::post_json(request.url, &request.body);
    (out.method, out.body, out.headers) = (::http::Method::GET, Vec::new().into(), request.headers);
    let answer = send(out, CallTimeouts::TEST).await?;
    let body =
        within(CallTimeouts::TEST.first, answer.bytes(LIST_LIMIT)).await.ok_or_else(silent)?;
    body.map_err(|_| {
        ProviderError::new(
            ErrorKind::TooLong,
            "the list of models broke off, or is larger than 4 MiB",
        )
    })
}

async fn send(mut out: Outgoing, timeouts: CallTimeouts) -> Result<Incoming, ProviderError> {
    out.idle_timeout = timeouts.first;
    let answer = within(timeouts.first, http::send(out)).await.ok_or_else(silent)?;
    let answer =
        answer.map_err(|problem| transport_error(problem.cause.as_deref().unwrap_or_default()))?;
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let (status, headers) = (answer.status, answer.headers.clone());
    let body = within(Duration::from_secs(10), answer.bytes(ERROR_LIMIT)).await;
    let body = body.and_then(Result::ok).unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Err(ProviderError::from_response(status, header, &body, clock::now()))
}

/// An attempt that failed, for the caller of the gateway.
pub(crate) fn failed_attempt(target: &ModelTarget, error: &ProviderError) -> WireAttempt {
    WireAttempt {
        model_id: target.id.to_string(),
        title: target.title.clone(),
        kind: error.kind.as_str().to_owned(),
    }
}

/// The error of a timeout.
pub(crate) fn silent() -> ProviderError {
    ProviderError::new(ErrorKind::Timeout, "the provider did not answer in time")
}
