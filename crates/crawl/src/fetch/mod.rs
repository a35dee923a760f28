//! One GET, safely: every hop is checked, every size and time has a bound.

mod body;
mod body_budget;
pub(crate) mod connect;
mod headers;
mod options;
mod pool;
mod request;
mod resolve;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use http::{Response, StatusCode};
use hyper::body::Incoming;

use crate::{BlockReason, FailReason, Outcome, Page, PageUrl, Redirect, Robots, UrlError};
pub use body_budget::BodyBudget;
use connect::Connection;
pub use options::{FetchLimits, FetchOptions};
use pool::Pool;
pub use request::{Admission, AdmitAll, Credentials, FetchRequest};
pub use resolve::{Resolver, SystemResolver};

/// Fetches pages. Cheap to clone; clones share their idle connections. One fetcher has one set of
/// allowed networks.
#[derive(Clone)]
pub struct Fetcher(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) options: FetchOptions,
    user_agent: http::HeaderValue,
    tls: Arc<rustls::ClientConfig>,
    pool: Pool,
}

/// Why no response is followed further.
pub(crate) enum Stop {
    Blocked(BlockReason),
    Failed(FailReason),
}

impl From<BlockReason> for Stop {
    fn from(reason: BlockReason) -> Self {
        Self::Blocked(reason)
    }
}

impl From<FailReason> for Stop {
    fn from(reason: FailReason) -> Self {
        Self::Failed(reason)
    }
}

impl Fetcher {
    /// A fetcher. Reads the system's certificates.
    ///
    /// # Errors
    /// If the user agent is no header value, or an extra root no certificate.
    pub fn new(options: FetchOptions) -> Result<Self, String> {
        let user_agent = http::HeaderValue::from_str(&options.user_agent).map_err(|_| {
            format!("{:?}: expected a user agent of visible characters", options.user_agent)
        })?;
        let tls = tls::config(&options.extra_roots)?;
        Ok(Self(Arc::new(Shared { options, user_agent, tls, pool: Pool::default() })))
    }

    /// How it names itself.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.0.options.user_agent
    }

    /// Sends one GET, and follows redirects that the caller admits. Dropping the future ends the
    /// request at once.
    pub async fn fetch(&self, request: &FetchRequest<'_>) -> Outcome {
        match tokio::time::timeout(self.0.options.limits.total, self.0.follow(request)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(Stop::Blocked(reason))) => Outcome::Blocked(reason),
            Ok(Err(Stop::Failed(reason))) => Outcome::Failed(reason),
            Err(_) => Outcome::Failed(FailReason::Timeout),
        }
    }
}

impl Shared {
    async fn follow(&self, request: &FetchRequest<'_>) -> Result<Outcome, Stop> {
        let most = request.redirects.unwrap_or(self.options.limits.redirects);
        let mut url = request.url.clone();
        let mut redirects: Vec<Redirect> = Vec::new();
        // Credentials stay behind for good once a redirect left their origin.
        let mut credentials = request.credentials;
        loop {
            credentials = credentials.filter(|credentials| *credentials.origin() == url.origin());
            let headers = request::headers(
                request,
                credentials,
                redirects.is_empty(),
                &url,
                &self.user_agent,
            )?;
            let (response, connection) = self.send(&url, headers).await?;
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return self.judge(request, url, redirects, response, connection).await;
            }
            let next = target(&url, &response)?;
            if redirects.len() >= most {
                return Err(FailReason::TooManyRedirects.into());
            }
            if next == *request.url || redirects.iter().any(|redirect| redirect.to == next) {
                return Err(FailReason::RedirectLoop.into());
            }
            self.check_port(&next)?;
            request.admission.admit(&next).await?;
            let is_permanent =
                matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
            redirects.push(Redirect { to: next.clone(), is_permanent });
            url = next;
        }
    }

    /// What a response that is no redirect means.
    async fn judge(
        &self,
        request: &FetchRequest<'_>,
        final_url: PageUrl,
        redirects: Vec<Redirect>,
        response: Response<Incoming>,
        connection: Connection,
    ) -> Result<Outcome, Stop> {
        let status = response.status().as_u16();
        let asked = redirects.is_empty()
            && request.validators.is_some_and(|validators| !validators.is_empty());
        Ok(match status {
            304 if asked => {
                let validators = headers::validators(response.headers());
                self.pool.put(final_url.origin(), connection);
                Outcome::Unchanged { final_url, validators }
            }
            200..=205 | 207..=299 => {
                let headers = headers::of_page(response.headers());
                let limit = body::Limit::new(&self.options.limits, request, &headers);
                let read = body::read(response, &limit, &self.options.budget).await?;
                let address = connection.address;
                if !read.is_cut {
                    self.pool.put(final_url.origin(), connection);
                }
                let page = Page {
                    final_url,
                    redirects,
                    status,
                    headers,
                    body: read.bytes,
                    is_cut: read.is_cut,
                    address,
                };
                Outcome::Page(Box::new(page))
            }
            404 | 410 => Outcome::Gone { final_url, status },
            429 | 503 => {
                Outcome::Refused { status, retry_after: headers::retry_after(response.headers()) }
            }
            401 | 407 => Outcome::Failed(FailReason::Unauthorized),
            403 => Outcome::Failed(FailReason::Forbidden),
            400..=499 => Outcome::Failed(FailReason::ClientError(status)),
            500..=599 => Outcome::Failed(FailReason::ServerError(status)),
            _ => Outcome::Failed(FailReason::UnexpectedStatus(status)),
        })
    }

    /// One request without redirects, over an idle connection if there is one.
    async fn send(
        &self,
        url: &PageUrl,
        headers: http::HeaderMap,
    ) -> Result<(Response<Incoming>, Connection), Stop> {
        self.check_port(url)?;
        let origin = url.origin();
        while let Some(mut connection) = self.pool.take(&origin) {
            // The server may have closed it in the meantime: then nothing was read, and a new one
            // is opened.
            match self.exchange(&mut connection, url, headers.clone()).await {
                Ok(response) => return Ok((response, connection)),
                Err(FailReason::BrokenResponse) => {}
                Err(reason) => return Err(reason.into()),
            }
        }
        let dial = connect::open(&self.options, &self.tls, url);
        let mut connection = tokio::time::timeout(self.options.limits.connect, dial)
            .await
            .map_err(|_| Stop::Failed(FailReason::ConnectTimeout))??;
        let response = self.exchange(&mut connection, url, headers).await?;
        Ok((response, connection))
    }

    async fn exchange(
        &self,
        connection: &mut Connection,
        url: &PageUrl,
        headers: http::HeaderMap,
    ) -> Result<Response<Incoming>, FailReason> {
        let mut request = http::Request::new(http_body_util::Empty::new());
        *request.uri_mut() = url.path_and_query().parse().map_err(|_| FailReason::InvalidUrl)?;
        *request.headers_mut() = headers;
        match tokio::time::timeout(self.options.limits.head, connection.send(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.is_parse_too_large() => Err(FailReason::HeadTooLarge),
            Ok(Err(_)) => Err(FailReason::BrokenResponse),
            Err(_) => Err(FailReason::Timeout),
        }
    }

    fn check_port(&self, url: &PageUrl) -> Result<(), BlockReason> {
        self.options.check_port(url.origin().port)
    }
}

/// Where a redirect leads.
fn target(from: &PageUrl, response: &Response<Incoming>) -> Result<PageUrl, Stop> {
    let location = response.headers().get(http::header::LOCATION).ok_or(FailReason::BadRedirect)?;
    // Servers send letters beyond ASCII as they are.
    let location = String::from_utf8_lossy(location.as_bytes());
    from.join(&location).map_err(|error| match error {
        UrlError::Scheme => Stop::Blocked(BlockReason::Scheme),
        UrlError::Invalid | UrlError::Host => Stop::Failed(FailReason::BadRedirect),
    })
}

/// Fetches `/robots.txt` of the page's origin and says what the answer means for it, and for the
/// crawler with the product token `agent`. Five redirects are followed, also to other hosts, within
/// the fetcher's rules for addresses.
pub async fn fetch_robots(fetcher: &Fetcher, page: &PageUrl, agent: &str) -> Robots {
    let Some(url) = page.origin().robots_txt() else {
        return Robots::Unreachable(FailReason::InvalidUrl);
    };
    let mut request = FetchRequest::new(&url);
    request.cut_at = Some(crate::robots::MAX_BYTES + 1);
    request.redirects = Some(5);
    Robots::from_outcome(&fetcher.fetch(&request).await, agent)
}

/// The longest wait that `Retry-After` can ask for: sums of times must not overflow.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 24 * 3600);
