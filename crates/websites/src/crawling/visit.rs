//! Looks at URLs, as the worker reports them.

use bytes::Bytes;
use kernel::{Timestamp, id::DocumentId};
use queue::Failure;

use crate::{Outcome, PageState};

/// What is to be stored of a page or a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// What the document's original is.
    pub bytes: Bytes,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
    /// By content.
    pub media_type: String,
    /// Shown and searched with the title; at most 255 characters.
    pub filename: String,
    /// Hexadecimal: of the extracted text, or of the bytes of a file. The same: nothing has
    /// changed.
    pub hash: String,
}

/// What came of a look at a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// A page or a file; whether it is new or has changed is for the hash to say.
    Content(Content),
    /// The server says that the page is as it was.
    NotModified,
    /// This instead of content: why, for [`Outcome::Failed`] and [`Outcome::Blocked`].
    Nothing(Outcome, Option<Failure>),
    /// It is looked at again, so many seconds later.
    Later {
        /// Seconds.
        seconds: i64,
        /// Of the second look.
        priority: i32,
    },
}

/// A look at a URL.
#[derive(Clone, PartialEq, Debug)]
pub struct Visit {
    /// Of the frontier.
    pub url: String,
    /// After redirects; what the page is known by.
    pub page_url: String,
    /// Links from a start URL.
    pub depth: u32,
    /// Of the response.
    pub status_code: Option<u16>,
    /// For the next run.
    pub etag: Option<String>,
    /// For the next run.
    pub last_modified: Option<String>,
    /// The page's own.
    pub title: Option<String>,
    /// The page's own tag.
    pub language: Option<String>,
    /// When it was published, as the page says: ISO 8601, a day or a time.
    pub published: Option<String>,
    /// When it was changed, as `published`.
    pub modified: Option<String>,
    /// After this its owner wants it in no index.
    pub unavailable_after: Option<Timestamp>,
    /// When it was modified, as a sitemap says.
    pub lastmod: Option<Timestamp>,
    /// 0 to 1: how sure it is that its main content was found; None for files.
    pub quality: Option<f32>,
    /// Where it links to within the website.
    pub outlinks: Vec<String>,
    /// What came of it.
    pub found: Finding,
    /// Decoded bytes that were fetched.
    pub bytes: u64,
    /// Whether its scripts ran before it was read.
    pub is_rendered: bool,
    /// Why what came may be something else than the page.
    pub doubt: Option<Doubt>,
}

/// Why what came may be something else than the page: its document is not replaced by that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// Its scripts did not run, although the website asks for it. Counts for pages whose text of
    /// before is the work of scripts.
    NotRendered(Failure),
    /// It asks for a password. Such a page becomes no document.
    SignIn(Failure),
}

/// What is known of a page before a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KnownPage {
    pub(crate) state: PageState,
    pub(crate) document: Option<DocumentId>,
    pub(crate) hash: Option<String>,
    pub(crate) gone_count: i32,
    pub(crate) lastmod: Option<Timestamp>,
    pub(crate) published: Option<String>,
    pub(crate) modified: Option<String>,
    pub(crate) is_rendered: bool,
}
