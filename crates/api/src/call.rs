//! One request, as its handler sees it.

use std::{
    borrow::Cow,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use bytes::Bytes;
use credentials::{Credential, DirectoryContext, GrantContext, OperatorContext, User};
use futures::StreamExt;
use http::{HeaderMap, Method, header};
use kernel::{Code, PageRequest, Problem, Result, id::SessionId, json};
use platform::{Cx, Origin, serve::BodyStream};
use serde::de::DeserializeOwned;

use crate::{
    authenticate::{self, UserRequest},
    caller::Caller,
    cookie::Cookie,
    json_text,
};

/// Maximum size of a JSON body, in bytes.
const JSON_LIMIT: usize = 1 << 20;

/// A request and its caller.
pub struct Call {
    /// Method.
    pub method: Method,
    /// Header fields.
    pub headers: HeaderMap,
    /// Correlates log lines and problems.
    pub request_id: String,
    pub(crate) origin: Origin,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) body: Option<BodyStream>,
    pub(crate) caller: Caller,
}

impl Call {
    /// The path of the request.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A parameter of the path, for example the `{space_id}` of the route, as a typed id or number.
    ///
    /// # Errors
    /// `not_found` if it is malformed; `internal` if the route has no such parameter.
    pub fn param<T: std::str::FromStr<Err = Problem>>(&self, name: &str) -> Result<T> {
        self.text_param(name)?.parse()
    }

    /// A parameter of the path as text.
    ///
    /// # Errors
    /// `internal` if the route has no such parameter.
    pub fn text_param(&self, name: &str) -> Result<&str> {
        let found = self.params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        found.ok_or_else(|| Problem::internal(format!("the route has no part {{{name}}}")))
    }

    /// The same with percent escapes read; what is no UTF-8 then matches nothing.
    ///
    /// # Errors
    /// `internal` if the route has no such part.
    pub fn decoded_param(&self, name: &str) -> Result<String> {
        // The decoder of forms reads `+` as a blank, and parts at `&`; in a path both are letters.
        let text =
            self.text_param(name)?.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
        Ok(form_urlencoded::parse(text.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
            .unwrap_or_default())
    }

    /// A decoded query parameter; the first of that name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(n, _)| n == name)
            .map(|(_, value)| value)
    }

    /// A query parameter that is an id.
    ///
    /// # Errors
    /// `not_found` if it is malformed.
    pub fn query_id<T: std::str::FromStr<Err = Problem>>(&self, name: &str) -> Result<Option<T>> {
        self.query(name).map(|text| text.parse()).transpose()
    }

    /// The query parameters `limit` and `cursor`.
    ///
    /// # Errors
    /// `invalid_query`.
    pub fn page(&self) -> Result<PageRequest> {
        PageRequest::parse(self.query("limit").as_deref(), self.query("cursor").as_deref())
    }

    /// A header field's last value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        authenticate::text(&self.headers, name)
    }

    /// The different values of a cookie: another host of the domain may have added some.
    ///
    /// # Errors
    /// `internal` if a configuration provider fails.
    pub async fn cookies(&self, cookie: Cookie) -> Result<Vec<&str>> {
        authenticate::cookie_values(&self.headers, cookie).await
    }

    /// Whether a page in a browser sent it. Browsers add these headers by themselves, and scripts
    /// cannot remove them.
    #[must_use]
    pub fn is_from_page(&self) -> bool {
        self.headers.contains_key(header::ORIGIN) || self.headers.contains_key("sec-fetch-site")
    }

    /// The context of the signed-in request.
    ///
    /// # Errors
    /// `internal` on a public route.
    pub fn cx(&self) -> Result<&Cx> {
        Ok(&self.signed_in()?.cx)
    }

    /// Takes the context, for work that continues after the response head was sent.
    ///
    /// # Errors
    /// `internal` on a public route.
    pub fn take_cx(&mut self) -> Result<Cx> {
        match std::mem::replace(&mut self.caller, Caller::Unnamed) {
            Caller::User(person) => Ok(person.cx),
            Caller::Unnamed | Caller::Operator(_) | Caller::Directory(_) | Caller::Granted(_) => {
                Err(not_open())
            }
        }
    }

    /// The signed-in user.
    ///
    /// # Errors
    /// `internal` on a public route.
    pub fn user(&self) -> Result<&User> {
        Ok(&self.signed_in()?.user)
    }

    /// The session.
    ///
    /// # Errors
    /// `internal` on a public route, and on one that API keys may use.
    pub fn session(&self) -> Result<SessionId> {
        self.credential()?.session().ok_or_else(|| Problem::internal("the request has no session"))
    }

    /// The operator's request.
    ///
    /// # Errors
    /// `internal` on a route that is not for operators.
    pub fn operator(&self) -> Result<&OperatorContext> {
        match &self.caller {
            Caller::Operator(operator) => Ok(operator),
            _ => Err(Problem::internal("the route is not for operators")),
        }
    }

    /// The directory's request.
    ///
    /// # Errors
    /// `internal` on a route that is not for directories.
    pub fn directory(&self) -> Result<&DirectoryContext> {
        match &self.caller {
            Caller::Directory(directory) => Ok(directory),
            _ => Err(Problem::internal("the route is not for directories")),
        }
    }

    /// The request of a component of ours.
    ///
    /// # Errors
    /// `internal` on a route without a grant.
    pub fn granted(&self) -> Result<&GrantContext> {
        match &self.caller {
            Caller::Granted(granted) => Ok(granted),
            _ => Err(Problem::internal("the route takes no grant")),
        }
    }

    /// The credential of the signed-in user.
    ///
    /// # Errors
    /// `internal` on a public route.
    pub fn credential(&self) -> Result<&Credential> {
        Ok(&self.signed_in()?.credential)
    }

    /// The origin of the request.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn signed_in(&self) -> Result<&UserRequest> {
        match &self.caller {
            Caller::User(person) => Ok(person),
            Caller::Unnamed | Caller::Operator(_) | Caller::Directory(_) | Caller::Granted(_) => {
                Err(not_open())
            }
        }
    }

    /// The frames of the body; once only.
    ///
    /// # Errors
    /// `internal` if it was taken before.
    pub fn take_body(&mut self) -> Result<BodyStream> {
        self.body.take().ok_or_else(|| Problem::internal("the body was read twice"))
    }

    /// The complete body, at most 1 MiB.
    ///
    /// # Errors
    /// `too_large`; `invalid_body` if the body breaks.
    pub async fn bytes(&mut self) -> Result<Vec<u8>> {
        self.bytes_within(JSON_LIMIT).await
    }

    /// The same of at most so many bytes.
    ///
    /// # Errors
    /// As [`Call::bytes`].
    pub async fn bytes_within(&mut self, limit: usize) -> Result<Vec<u8>> {
        let reading = whole(self.take_body()?, limit);
        match &self.caller {
            Caller::User(person) => person.cx.db.released_while(reading).await,
            Caller::Directory(directory) => directory.released_while(reading).await,
            Caller::Granted(granted) => granted.cx.db.released_while(reading).await,
            Caller::Unnamed | Caller::Operator(_) => reading.await,
        }
    }

    /// Requires a JSON media type.
    ///
    /// # Errors
    /// `unsupported_media_type` if `Content-Type` is another type, or missing.
    pub fn expect_json(&self) -> Result<()> {
        let kind = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        if json_text::is_media_type(kind, "application/json") {
            return Ok(());
        }
        // A form of another site needs no preflight if it has one of the three form types, or none.
        let got = if kind.is_empty() { "none" } else { kind };
        let detail = format!("expected content-type application/json, got {got:.100}");
        Err(Problem::new(Code::UnsupportedMediaType, detail))
    }
}

/// A request whose body is a `B`. The type is in the handler's signature, so it is in the contract
/// too.
pub struct CallWith<B> {
    call: Call,
    body: PhantomData<fn() -> B>,
}

/// An optional body.
pub struct Maybe<B>(PhantomData<fn() -> B>);
/// A body that is a form with the members of `B`.
pub struct Form<B>(PhantomData<fn() -> B>);
/// A file: the body itself, or the field `file` of a form.
pub struct File(());

impl<B> From<Call> for CallWith<B> {
    fn from(call: Call) -> Self {
        Self { call, body: PhantomData }
    }
}

impl<B> From<CallWith<B>> for Call {
    fn from(call: CallWith<B>) -> Self {
        call.call
    }
}

impl<B> Deref for CallWith<B> {
    type Target = Call;
    fn deref(&self) -> &Call {
        &self.call
    }
}

impl<B> DerefMut for CallWith<B> {
    fn deref_mut(&mut self) -> &mut Call {
        &mut self.call
    }
}

impl<B: DeserializeOwned> CallWith<B> {
    /// The body.
    ///
    /// # Errors
    /// `unsupported_media_type`, `invalid_body`, `too_large`.
    pub async fn json(&mut self) -> Result<B> {
        self.call.expect_json()?;
        parse(&self.call.bytes().await?)
    }
}

async fn whole(mut body: BodyStream, limit: usize) -> Result<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    while let Some(piece) = body.next().await {
        let piece: Bytes = piece.map_err(|e| {
            Problem::new(Code::InvalidBody, "the request body broke off")
                .caused_by(format!("{e:?}"))
        })?;
        if out.len() + piece.len() > limit {
            let detail = format!("expected a request body of at most {} MiB", limit >> 20);
            return Err(Problem::new(Code::TooLarge, detail));
        }
        if out.len() + piece.len() > out.capacity() {
            // Twice as large, as usual, but never larger than what may come.
            let capacity = out.capacity().saturating_mul(2).clamp(piece.len(), limit);
            out.reserve_exact(capacity.saturating_sub(out.len()).max(piece.len()));
        }
        out.extend_from_slice(&piece);
    }
    Ok(out)
}

/// Parses a JSON document.
///
/// # Errors
/// `invalid_body`, with position and reason.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    parse_within(bytes, json::MOST_VALUES)
}

/// Parses a JSON document of at most `most` values.
///
/// # Errors
/// `invalid_body`, with position and reason.
pub fn parse_within<T: DeserializeOwned>(bytes: &[u8], most: usize) -> Result<T> {
    if json_text::has_zero(bytes) {
        return Err(Problem::new(
            Code::InvalidBody,
            "expected texts without the character U+0000; remove it",
        ));
    }
    if json::count_values(bytes) > most {
        return Err(Problem::new(
            Code::InvalidBody,
            format!("expected at most {most} values in a JSON document"),
        ));
    }
    serde_json::from_slice(bytes).map_err(|e| {
        Problem::new(
            Code::InvalidBody,
            format!("expected a JSON document as described in /api/v1/openapi.json: {e}"),
        )
    })
}

fn not_open() -> Problem {
    Problem::internal("the route is not for people: it has no signed-in context")
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_body_of_many_small_values_is_refused() {
        let of = |count: usize| format!("[{}0]", "{\"\":0},".repeat(count));
        assert!(parse::<serde_json::Value>(of(5_000).as_bytes()).is_ok());
        let problem = parse::<serde_json::Value>(of(10_000).as_bytes()).unwrap_err();
        assert_eq!(problem.code, kernel::Code::InvalidBody);
    }
}
