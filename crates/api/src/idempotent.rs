//! `Idempotency-Key`: a repeated POST gets the recorded response, while the caller still has the
//! right to it.

use http::{HeaderValue, StatusCode, header};
use kernel::{Code, Problem, Result};
use platform::{
    Cx,
    serve::{self, Response},
};
use sha2::{Digest, Sha256};

use crate::{Call, CallWith, CreatedJson, Idempotent, Reply};

/// The response to a first request: status, `Location`, JSON text.
pub type ResponseParts = (StatusCode, Option<String>, String);

/// How long a request with a JSON body may run; then its process has died, and the key may be
/// claimed again.
const JSON_SECONDS: i32 = 120;

/// What two requests must have in common, beside method and path, to be the same.
pub struct RequestFingerprint<'a> {
    /// The body; for a streaming body, what is known of it beforehand.
    pub body: &'a [u8],
    /// How long such a request may run, in seconds; then a claim without a response belongs to a
    /// dead process.
    pub seconds: i32,
}

/// The state of a request's idempotency key.
pub enum Claim<'a> {
    /// The first request with its key, or one without a key.
    First(ClaimedKey<'a>),
    /// A repeated request, with the recorded response.
    Again(RecordedResponse),
}

/// A key that is claimed by this request until it has a response.
#[must_use]
pub struct ClaimedKey<'a> {
    cx: &'a Cx,
    /// None: the request has no key.
    key: Option<String>,
}

/// The response to the first request with a key.
pub struct RecordedResponse {
    answer: ResponseParts,
    /// Hash of the first request's body, if it streamed.
    content_sha256: Option<Vec<u8>>,
}

/// Claims the key of a request. A key cannot be used for another request.
///
/// # Errors
/// `invalid_header`; `idempotency_mismatch`; `conflict` while the first request is still being
/// answered.
pub async fn claim<'a>(call: &'a Call, fingerprint: RequestFingerprint<'_>) -> Result<Claim<'a>> {
    let cx = call.cx()?;
    let Some(key) = idempotency_key(call)? else {
        return Ok(Claim::First(ClaimedKey { cx, key: None }));
    };
    let mut hash = Sha256::new();
    hash.update(call.method.as_str());
    hash.update(call.path());
    hash.update([0]);
    hash.update(fingerprint.body);
    let hash = hash.finalize().to_vec();
    Ok(match begin(cx, &key, &hash, fingerprint.seconds).await? {
        Some(answered) => Claim::Again(answered),
        None => Claim::First(ClaimedKey { cx, key: Some(key) }),
    })
}

impl ClaimedKey<'_> {
    /// Records the response and returns it, with the SHA-256 of the request's body if that
    /// streamed. After a problem the key is free again.
    ///
    /// # Errors
    /// The error of `outcome`.
    pub async fn settle(
        self,
        outcome: Result<(ResponseParts, Option<Vec<u8>>)>,
    ) -> Result<Response> {
        match (outcome, &self.key) {
            (Ok((answer, content)), Some(key)) => {
                finish(self.cx, key, &answer, content).await?;
                respond(answer)
            }
            (Ok((answer, _)), None) => respond(answer),
            (Err(problem), Some(key)) => {
                forget(self.cx, key).await?;
                Err(problem)
            }
            (Err(problem), None) => Err(problem),
        }
    }
}

impl RecordedResponse {
    /// The recorded response, if the first request had the same content. The caller must check
    /// rights before: they may have ended since.
    ///
    /// # Errors
    /// `idempotency_mismatch`.
    pub fn respond_to(self, content_sha256: &[u8]) -> Result<Response> {
        if self.content_sha256.as_deref() == Some(content_sha256) {
            respond(self.answer)
        } else {
            Err(mismatch())
        }
    }
}

fn mismatch() -> Problem {
    Problem::new(
        Code::IdempotencyMismatch,
        "expected a new idempotency-key for a request that differs from the first",
    )
}

/// The `Idempotency-Key` as it is stored. A key for one assistant has a namespace of its own: it
/// never gets the response of another credential of its owner.
///
/// # Errors
/// `invalid_header`.
pub fn idempotency_key(call: &Call) -> Result<Option<String>> {
    let Some(key) = call.header("idempotency-key") else { return Ok(None) };
    if key.is_empty() || key.len() > 200 {
        return Err(Problem::new(
            Code::InvalidHeader,
            "idempotency-key: expected 1 to 200 characters",
        ));
    }
    // No header contains a line break, so no client can send the stored form of another namespace.
    Ok(Some(match call.user()?.principal.only {
        Some(assistant) => format!("{assistant}\n{key}"),
        None => key.to_owned(),
    }))
}

fn respond((status, location, text): ResponseParts) -> Result<Response> {
    let mut response = Response::new(serve::full(text));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(location) = location {
        response
            .headers_mut()
            .insert(header::LOCATION, location.parse().map_err(Problem::internal)?);
    }
    Ok(response)
}

mod store;
use store::{begin, finish, forget};

/// A POST that creates: parses the JSON body, runs `work` once for each `Idempotency-Key`, and
/// answers 201 with `Location`. A recorded response is sent again only while `may` allows it: a
/// right may have ended since.
///
/// # Errors
/// `unsupported_media_type`, `invalid_body`, as [`claim`], and the errors of `may` and `work`.
pub async fn create<T, B>(
    call: &CallWith<T>,
    bytes: &[u8],
    may: impl AsyncFnOnce(&T) -> Result<()>,
    work: impl AsyncFnOnce(T) -> Result<(String, B)>,
) -> Result<Idempotent<CreatedJson<B>>>
where
    T: serde::de::DeserializeOwned,
    B: serde::Serialize,
{
    call.expect_json()?;
    let body: T = crate::parse(bytes)?;
    let claimed =
        match claim(call, RequestFingerprint { body: bytes, seconds: JSON_SECONDS }).await? {
            Claim::First(claimed) => claimed,
            Claim::Again(answered) => {
                may(&body).await?;
                return respond(answered.answer).map(Reply::new);
            }
        };
    let created = async {
        let (location, body) = work(body).await?;
        let text = serde_json::to_string(&body).map_err(Problem::internal)?;
        Ok(((StatusCode::CREATED, Some(location), text), None))
    };
    claimed.settle(created.await).await.map(Reply::new)
}
