//! What is asked for, and on which conditions.

use futures::future::BoxFuture;

use crate::{BlockReason, Origin, PageUrl, Validators};

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
    /// Whether a redirect to `url` may be followed. Scheme, port and address are checked by the fetcher.
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
    /// What is known of the page's version; nothing to get it in any case. Not sent after a redirect.
    pub validators: Option<&'a Validators>,
    /// Sent to their own origin only.
    pub credentials: Option<&'a Credentials>,
    /// Asked about every redirect.
    pub admission: &'a dyn Admission,
    /// Bytes of the body, if it should be other than [`crate::FetchLimits::body`]: longer bodies fail.
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
