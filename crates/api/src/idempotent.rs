//! `Idempotency-Key`: a repeated POST is answered from what was answered first.

use http::{HeaderValue, StatusCode, header};
use kernel::{Code, Problem, Result};
use platform::{
    Cx,
    serve::{self, Response},
};
use sha2::{Digest, Sha256};

use crate::Call;

/// What a first execution answered: status, `Location`, JSON text.
type Answer = (StatusCode, Option<String>, String);

/// How long a request with a JSON body may still be running: after that its process has died, and the key may be taken over.
const JSON_SECONDS: i32 = 120;

/// What makes two requests the same, beside method and path.
pub struct Likeness<'a> {
    /// The body, or, where it streams, what is known of it beforehand.
    pub body: &'a [u8],
    /// The longest that such a request may run, in seconds; then a claim without an answer is a dead process'.
    pub seconds: i32,
}

/// Runs `work` once for each key; a key cannot be used for another request.
///
/// # Errors
/// `idempotency_mismatch`; `conflict` while the first request is still being answered; `work`'s own, after which the key is free again.
pub async fn idempotent<F: Future<Output = Result<Answer>>>(
    call: &Call,
    likeness: Likeness<'_>,
    work: impl FnOnce() -> F,
) -> Result<Response> {
    let Some(key) = idempotency_key(call)? else { return respond(work().await?) };
    let (cx, key) = (call.cx()?, key.as_str());
    let mut hash = Sha256::new();
    hash.update(call.method.as_str());
    hash.update(call.path());
    hash.update([0]);
    hash.update(likeness.body);
    let hash = hash.finalize().to_vec();
    if let Some(answer) = begin(cx, key, &hash, likeness.seconds).await? {
        return respond(answer);
    }
    match work().await {
        Ok(answer) => {
            finish(cx, key, &answer).await?;
            respond(answer)
        }
        Err(problem) => {
            forget(cx, key).await?;
            Err(problem)
        }
    }
}

/// The `Idempotency-Key` as it is kept. A key for one assistant has its own: it is never answered with what another credential of its owner was.
///
/// # Errors
/// `invalid_header`.
pub fn idempotency_key(call: &Call) -> Result<Option<String>> {
    let Some(key) = call.header("idempotency-key") else { return Ok(None) };
    if key.is_empty() || key.len() > 200 {
        return Err(Problem::new(Code::InvalidHeader, "idempotency-key: expected 1 to 200 characters"));
    }
    // No header holds the end of a line, so nobody can send what is kept for another.
    Ok(Some(match call.user()?.authority.only {
        Some(assistant) => format!("{assistant}\n{key}"),
        None => key.to_owned(),
    }))
}

fn respond((status, location, text): Answer) -> Result<Response> {
    let mut response = Response::new(serve::full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(location) = location {
        response.headers_mut().insert(header::LOCATION, location.parse().map_err(Problem::internal)?);
    }
    Ok(response)
}

mod store;
use store::{begin, finish, forget};

/// A POST that creates: reads the JSON body, runs `work` once for each `Idempotency-Key`, and answers 201 with `Location`.
///
/// # Errors
/// `unsupported_media_type`, `invalid_body`, and as [`idempotent`].
pub async fn create<T, B>(
    call: &Call,
    bytes: &[u8],
    work: impl AsyncFnOnce(T) -> Result<(String, B)>,
) -> Result<Response>
where
    T: serde::de::DeserializeOwned,
    B: serde::Serialize,
{
    call.expect_json()?;
    let body: T = crate::parse(bytes)?;
    idempotent(call, Likeness { body: bytes, seconds: JSON_SECONDS }, || async {
        let (location, body) = work(body).await?;
        let text = serde_json::to_string(&body).map_err(Problem::internal)?;
        Ok((StatusCode::CREATED, Some(location), text))
    })
    .await
}
