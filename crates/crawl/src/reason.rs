//! Why a page was not fetched, each reason with a stable code that user interfaces translate.

use crate::OutOfScope;

/// What forbids a request. Nothing was sent to the address that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockReason {
    /// The scheme is neither `http` nor `https`.
    Scheme,
    /// The port is neither 80 nor 443 nor one that the operator allows.
    Port,
    /// The host is, or resolves to, an address that is not globally routable, and the operator does
    /// not list it.
    Address,
    /// `robots.txt` of the host forbids the path.
    Robots,
    /// `robots.txt` of the host could not be read, which forbids everything (RFC 9309, 2.3.1.4).
    RobotsUnreachable,
    /// The rules of the host were not asked for: the run has as many hosts as it may.
    HostLimit,
    /// A redirect leads out of what the website covers.
    Scope(OutOfScope),
}

impl BlockReason {
    /// Every code, for documentation and translations.
    pub const CODES: &[&str] = &[
        "blocked_scheme",
        "blocked_port",
        "blocked_address",
        "robots_disallowed",
        "robots_unreachable",
        "host_limit",
        "redirect_out_of_scope",
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Scheme => "blocked_scheme",
            Self::Port => "blocked_port",
            Self::Address => "blocked_address",
            Self::Robots => "robots_disallowed",
            Self::RobotsUnreachable => "robots_unreachable",
            Self::HostLimit => "host_limit",
            Self::Scope(_) => "redirect_out_of_scope",
        }
    }
}

/// What went wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailReason {
    /// The host name does not resolve.
    Dns,
    /// No address of the host took a connection.
    Connect,
    /// No connection within `FetchLimits::connect`.
    ConnectTimeout,
    /// The TLS handshake failed, mostly because of the certificate.
    Tls,
    /// The whole took longer than `FetchLimits::total`, or the head longer than
    /// `FetchLimits::head`.
    Timeout,
    /// The body is longer than it may be, after decompression.
    TooLarge,
    /// The body unpacks to far more than its size.
    CompressionBomb,
    /// The head of the response is longer, or has more lines, than it may.
    HeadTooLarge,
    /// The response is no HTTP, or its body is cut off or does not unpack.
    BrokenResponse,
    /// The body has a content encoding that was not asked for.
    UnsupportedEncoding,
    /// More redirects than `FetchLimits::redirects`.
    TooManyRedirects,
    /// A redirect leads to an address that was asked before.
    RedirectLoop,
    /// A redirect without a `Location` that is a web address.
    BadRedirect,
    /// The credentials hold what can't stand in a header, or name a header that the crawler sets
    /// itself.
    BadCredentials,
    /// The address can't be asked for by HTTP.
    InvalidUrl,
    /// 401, or 407: credentials are missing or wrong.
    Unauthorized,
    /// 403: the server refuses this crawler or these credentials.
    Forbidden,
    /// Another status from 400 to 499 that is neither 404, 410 nor 429.
    ClientError(u16),
    /// A status from 500 to 599 that is not 503.
    ServerError(u16),
    /// A status that makes no sense here, such as 206 or a 304 that was not asked for.
    UnexpectedStatus(u16),
}

impl FailReason {
    /// Every code, for documentation and translations.
    pub const CODES: &[&str] = &[
        "dns_failed",
        "connect_failed",
        "connect_timeout",
        "tls_failed",
        "fetch_timeout",
        "page_too_large",
        "compression_bomb",
        "head_too_large",
        "broken_response",
        "unsupported_encoding",
        "too_many_redirects",
        "redirect_loop",
        "bad_redirect",
        "bad_credentials",
        "invalid_url",
        "page_unauthorized",
        "page_forbidden",
        "http_client_error",
        "http_server_error",
        "http_unexpected_status",
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Dns => "dns_failed",
            Self::Connect => "connect_failed",
            Self::ConnectTimeout => "connect_timeout",
            Self::Tls => "tls_failed",
            Self::Timeout => "fetch_timeout",
            Self::TooLarge => "page_too_large",
            Self::CompressionBomb => "compression_bomb",
            Self::HeadTooLarge => "head_too_large",
            Self::BrokenResponse => "broken_response",
            Self::UnsupportedEncoding => "unsupported_encoding",
            Self::TooManyRedirects => "too_many_redirects",
            Self::RedirectLoop => "redirect_loop",
            Self::BadRedirect => "bad_redirect",
            Self::BadCredentials => "bad_credentials",
            Self::InvalidUrl => "invalid_url",
            Self::Unauthorized => "page_unauthorized",
            Self::Forbidden => "page_forbidden",
            Self::ClientError(_) => "http_client_error",
            Self::ServerError(_) => "http_server_error",
            Self::UnexpectedStatus(_) => "http_unexpected_status",
        }
    }

    /// The status of the response, where that is the reason.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Unauthorized => Some(401),
            Self::Forbidden => Some(403),
            Self::ClientError(status)
            | Self::ServerError(status)
            | Self::UnexpectedStatus(status) => Some(status),
            _ => None,
        }
    }

    /// Whether the same request may succeed soon: the host, not the page, is at fault.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Dns
                | Self::Connect
                | Self::ConnectTimeout
                | Self::Timeout
                | Self::BrokenResponse
                | Self::ServerError(_)
                | Self::ClientError(408 | 425)
        )
    }
}
