//! What is asked for, and on which conditions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{BlockReason, FailReason, Origin, PageUrl, Validators};

/// What pages come as, files last.
const ACCEPT: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.9,*/*;q=0.8";

/// Headers that are the crawler's or the connection's own.
const OWN_HEADERS: &[HeaderName] = &[
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::RANGE,
    header::ACCEPT_ENCODING,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::USER_AGENT,
    header::PROXY_AUTHORIZATION,
];

/// Credentials of a website, which are sent to one origin only.
#[derive(Clone)]
pub enum Credentials {
    /// HTTP Basic.
    Basic {
        /// Where they belong.
        origin: Origin,
        /// Without a colon.
        user: String,
        /// The password.
        password: String,
    },
    /// A header such as `Authorization: Bearer …` or `X-Api-Key`.
    Header {
        /// Where it belongs.
        origin: Origin,
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl Credentials {
    /// Where they belong.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Basic { origin, .. } | Self::Header { origin, .. } => origin,
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.origin())
    }
}

/// Decides over hops: `robots.txt` and the website's scope are the caller's to know.
pub trait Admission: Send + Sync {
    /// Whether a redirect to `url` may be followed. Scheme, port and address are checked by the
    /// fetcher.
    fn admit<'a>(&'a self, url: &'a PageUrl) -> BoxFuture<'a, Result<(), BlockReason>>;
}

/// Admits every hop.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdmitAll;

impl Admission for AdmitAll {
    fn admit<'a>(&'a self, _: &'a PageUrl) -> BoxFuture<'a, Result<(), BlockReason>> {
        Box::pin(async { Ok(()) })
    }
}

/// One GET.
#[derive(Clone, Copy)]
pub struct FetchRequest<'a> {
    /// What to get.
    pub url: &'a PageUrl,
    /// What is known of the page's version; nothing to get it in any case. Not sent after a
    /// redirect.
    pub validators: Option<&'a Validators>,
    /// Sent to their own origin only.
    pub credentials: Option<&'a Credentials>,
    /// Asked about every redirect.
    pub admission: &'a dyn Admission,
    /// Bytes of the body, if it should be other than [`crate::FetchLimits::body`]: longer bodies
    /// fail.
    pub max_body: Option<usize>,
    /// Bytes after which the body is cut without failing.
    pub cut_at: Option<usize>,
    /// Redirects, if it should be other than [`crate::FetchLimits::redirects`].
    pub redirects: Option<usize>,
    /// `Accept-Language`, such as `sv`.
    pub language: Option<&'a str>,
}

impl<'a> FetchRequest<'a> {
    /// A plain GET that follows every redirect the fetcher's rules let pass.
    #[must_use]
    pub fn new(url: &'a PageUrl) -> Self {
        Self {
            url,
            validators: None,
            credentials: None,
            admission: &AdmitAll,
            max_body: None,
            cut_at: None,
            redirects: None,
            language: None,
        }
    }
}

/// The headers of a request. Conditions go with the first hop only: they are of the page that was
/// asked for.
pub(super) fn headers(
    request: &FetchRequest<'_>,
    credentials: Option<&Credentials>,
    is_first: bool,
    url: &PageUrl,
    user_agent: &HeaderValue,
) -> Result<HeaderMap, FailReason> {
    let mut headers = HeaderMap::new();
    let origin = url.origin().to_string();
    let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
    headers.insert(header::HOST, HeaderValue::from_str(host).map_err(|_| FailReason::InvalidUrl)?);
    headers.insert(header::USER_AGENT, user_agent.clone());
    headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, deflate"));
    if let Some(Ok(language)) = request.language.map(HeaderValue::from_str) {
        headers.insert(header::ACCEPT_LANGUAGE, language);
    }
    // A server that sees both looks at the tag only; one that knows no tags still gets the date.
    if let Some(validators) = request.validators.filter(|_| is_first) {
        let conditions = [
            (header::IF_NONE_MATCH, &validators.etag),
            (header::IF_MODIFIED_SINCE, &validators.last_modified),
        ];
        for (name, value) in conditions {
            if let Some(Ok(value)) = value.as_deref().map(HeaderValue::from_str) {
                headers.insert(name, value);
            }
        }
    }
    if let Some(credentials) = credentials {
        let (name, value) = credentials.header()?;
        headers.insert(name, value);
    }
    Ok(headers)
}

impl Credentials {
    /// The header that carries them; it is marked as sensitive.
    fn header(&self) -> Result<(HeaderName, HeaderValue), FailReason> {
        let (name, text) = match self {
            Self::Basic { user, .. } if user.contains(':') => {
                return Err(FailReason::BadCredentials);
            }
            Self::Basic { user, password, .. } => (
                header::AUTHORIZATION,
                format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))),
            ),
            Self::Header { name, value, .. } => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| FailReason::BadCredentials)?;
                (name, value.clone())
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| FailReason::BadCredentials)?;
        value.set_sensitive(true);
        if OWN_HEADERS.contains(&name) {
            Err(FailReason::BadCredentials)
        } else {
            Ok((name, value))
        }
    }

    /// Whether they can be sent: what a form should ask before it stores them.
    #[must_use]
    pub fn are_sound(&self) -> bool {
        self.header().is_ok()
    }
}
