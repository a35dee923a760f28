//! What came of a request, in plain variants.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;

use crate::{BlockReason, FailReason, PageUrl};

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 304: the page is as it was. Its links count as before.
    Unchanged {
        /// The address that answered.
        final_url: PageUrl,
        /// Validators for the next time; those that did not come again are as before.
        validators: Validators,
    },
    /// A status from 200 to 299 with its body.
    Page(Box<Page>),
    /// 404 or 410.
    Gone {
        /// The address that answered.
        final_url: PageUrl,
        /// 404 or 410.
        status: u16,
    },
    /// 429 or 503.
    Refused {
        /// 429 or 503.
        status: u16,
        /// How long the server asks to wait; a date has been counted from now.
        retry_after: Option<Duration>,
    },
    /// The request, or the next hop of a redirect, was not sent.
    Blocked(BlockReason),
    /// It was sent and went wrong, or the host could not be reached.
    Failed(FailReason),
}

/// A page or file that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The address that answered, after redirects.
    pub final_url: PageUrl,
    /// The redirects on the way, in order; empty for none.
    pub redirects: Vec<Redirect>,
    /// 200 to 299.
    pub status: u16,
    /// The headers that matter for pages.
    pub headers: PageHeaders,
    /// The body after decompression, in the character set that it came in.
    pub body: Bytes,
    /// Whether the body continues beyond what was requested (`FetchRequest::cut_at`).
    pub is_cut: bool,
    /// The address that was dialled for it.
    pub address: IpAddr,
}

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Where it led.
    pub to: PageUrl,
    /// 301 or 308: the old address is not needed any more.
    pub is_permanent: bool,
}

/// Headers of a page; each at most 4 KiB long, longer ones are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageHeaders {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `ETag` and `Last-Modified`.
    pub validators: Validators,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Link`, each header by itself.
    pub link: Vec<String>,
    /// `X-Robots-Tag`, each header by itself.
    pub robots_tags: Vec<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Refresh`, as a server may send instead of the page's own.
    pub refresh: Option<String>,
}

/// What a server said of a page's version, to be sent back the next time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, weak or strong, as it came. It goes before the date.
    pub etag: Option<String>,
    /// `Last-Modified`, as it came.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}
