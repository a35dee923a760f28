//! Requests to an identity provider: bounded in size and time, no redirects followed, JSON only.

use std::{fmt, time::Duration};

use futures::{
    future::{Either, select},
    pin_mut,
};
use http::Method;
use jwt_simple::reexports::ct_codecs::{Base64, Encoder};
use kernel::{Reason, ReasonCode};
use platform::http::Outgoing;
use serde_json::Value;

/// Maximum size of a document, in bytes.
const LARGEST: usize = 256 * 1024;
const CONNECT: Duration = Duration::from_secs(5);
/// Timeout of a complete request, so that a provider cannot send a byte now and then without end.
const WHOLE: Duration = Duration::from_secs(10);

/// Why a request failed, in words that an administrator can act on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FetchError {
    /// No connection, or it broke.
    Unreachable,
    /// Timeout.
    Slow,
    /// The response exceeds the limit.
    TooLarge,
    /// A redirect.
    Redirect(u16),
    /// A status other than 200.
    Status(u16),
    /// The response is not a JSON object.
    NotJson,
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => {
                f.write_str("it cannot be reached: check the address, and that this installation may connect to it")
            }
            Self::Slow => write!(f, "it did not answer within {} seconds", WHOLE.as_secs()),
            Self::TooLarge => write!(f, "its answer is larger than {} KiB", LARGEST / 1024),
            Self::Redirect(status) => write!(f, "it redirects elsewhere (status {status}), which is not followed"),
            Self::Status(status) => write!(f, "it answered with status {status}"),
            Self::NotJson => f.write_str("its answer is not a JSON object"),
        }
    }
}

impl FetchError {
    /// The reason, with the address that was asked.
    pub(crate) fn reason(&self, url: &str) -> Reason {
        match self {
            Self::Unreachable => ReasonCode::ServerUnreachable.with_value(url),
            Self::Slow => ReasonCode::ServerSilent.with_value(url),
            Self::Redirect(status) | Self::Status(status) => {
                ReasonCode::ServerStatus.with_value(format_args!("{status}: {url}"))
            }
            Self::TooLarge | Self::NotJson => ReasonCode::AnswerUnreadable.with_value(url),
        }
    }
}

/// How a client authenticates at the token endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClientAuth {
    /// `client_secret_basic`
    Basic,
    /// `client_secret_post`
    Post,
}

/// Fetches a JSON document, with the access token if one is given.
pub(crate) async fn get(url: &str, bearer: Option<&str>) -> Result<Value, FetchError> {
    let mut request = outgoing(Method::GET, url, String::new());
    if let Some(token) = bearer {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    match send(request).await? {
        (200, Some(value)) => Ok(value),
        (200, None) => Err(FetchError::NotJson),
        (status, _) => Err(FetchError::Status(status)),
    }
}

/// Posts a form as the client; returns the status and the JSON object, for every status.
pub(crate) async fn post_as_client(
    url: &str,
    fields: &[(&str, &str)],
    (client_id, secret): (&str, &str),
    auth: ClientAuth,
) -> Result<(u16, Option<Value>), FetchError> {
    let credentials = [("client_id", client_id), ("client_secret", secret)];
    let credentials = credentials.into_iter().filter(|_| auth == ClientAuth::Post);
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .extend_pairs(credentials)
        .finish();
    let mut request = outgoing(Method::POST, url, form)
        .header("content-type", "application/x-www-form-urlencoded".to_owned());
    if auth == ClientAuth::Basic {
        let encode =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encode(client_id), encode(secret));
        let pair = Base64::encode_to_string(pair).map_err(|_| FetchError::TooLarge)?;
        request = request.header("authorization", format!("Basic {pair}"));
    }
    send(request).await
}

fn outgoing(method: Method, url: &str, body: String) -> Outgoing {
    Outgoing {
        method,
        url: url.to_owned(),
        headers: vec![("accept", "application/json".to_owned())],
        body: body.into(),
        connect_timeout: CONNECT,
        idle_timeout: WHOLE,
    }
}

async fn send(request: Outgoing) -> Result<(u16, Option<Value>), FetchError> {
    let work = receive(request);
    let late = platform::task::sleep(WHOLE);
    pin_mut!(work, late);
    match select(work, late).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(FetchError::Slow),
    }
}

/// Adds bytes, up to the limit.
fn add(bytes: &mut Vec<u8>, piece: &[u8]) -> Result<(), FetchError> {
    if bytes.len() + piece.len() > LARGEST {
        return Err(FetchError::TooLarge);
    }
    bytes.extend_from_slice(piece);
    Ok(())
}

async fn receive(request: Outgoing) -> Result<(u16, Option<Value>), FetchError> {
    use futures::StreamExt;

    let mut answer = platform::http::send(request).await.map_err(|_| FetchError::Unreachable)?;
    if (300..400).contains(&answer.status) {
        return Err(FetchError::Redirect(answer.status));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = answer.body.next().await {
        add(&mut bytes, &piece.map_err(|_| FetchError::Unreachable)?)?;
    }
    let value = serde_json::from_slice(&bytes).ok().filter(Value::is_object);
    Ok((answer.status, value))
}

#[cfg(test)]
mod tests {
    use super::{FetchError, LARGEST, add};

    #[test]
    fn a_document_of_256_kib_is_read_and_a_byte_more_is_refused() {
        let mut bytes = vec![b'x'; LARGEST - 10];
        assert_eq!(add(&mut bytes, &[b'x'; 10]), Ok(()));
        assert_eq!(add(&mut bytes, b"x"), Err(FetchError::TooLarge));
        assert_eq!(bytes.len(), LARGEST);
        assert_eq!(add(&mut Vec::new(), &vec![b'x'; LARGEST + 1]), Err(FetchError::TooLarge));
    }
}
