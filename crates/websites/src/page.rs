//! Pages: what is known of a website's URLs, and what came of them in a run.

use kernel::{
    Cursor, Page, PageRequest, Result, Timestamp,
    id::{self, CrawlRunId, DocumentId, WebsiteId, WebsitePageId},
};
use platform::Cx;
use queue::Failure;
use spaces::Action;
use uuid::Uuid;

use crate::{TextDiff, run, store::pages as store, website};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }
        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// As the database and the wire spell it.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
            /// Reads [`Self::as_str`].
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)* _ => None } }
        }
    };
}

words! {
    /// How a page stands.
    PageState {
        /// Its document says what it says.
        Current = "current",
        /// Another page says that it is the original.
        Duplicate = "duplicate",
        /// Its owner wants it in no index.
        Noindex = "noindex",
        /// It has no text, or none without its scripts; a document from before stays for one run.
        Empty = "empty",
        /// `robots.txt` or the settings keep the crawler off it.
        Blocked = "blocked",
        /// It could not be fetched or read, or asks for a password; a document from before stays.
        Failed = "failed",
        /// It is not there any more.
        Gone = "gone",
    }
}

words! {
    /// What came of a URL in a run.
    Outcome {
        /// A page that was not known.
        Added = "added",
        /// A page that says something else.
        Changed = "changed",
        /// A page that says what it said.
        Unchanged = "unchanged",
        /// A page whose document was removed.
        Removed = "removed",
        /// A URL that could not be looked at.
        Failed = "failed",
        /// A page that is not there, for the first time: the next run removes it.
        Gone = "gone",
        /// Another page says that it is the original.
        Duplicate = "duplicate",
        /// A page that wants to be in no index.
        Noindex = "noindex",
        /// A page without text.
        Empty = "empty",
        /// `robots.txt` or the settings keep the crawler off it.
        Blocked = "blocked",
        /// A URL that leads to another one.
        Redirect = "redirect",
        /// A URL that holds nothing to take.
        Skipped = "skipped",
        /// A sitemap or a feed that was read.
        Sitemap = "sitemap",
    }
}

/// What is known of a URL.
#[derive(Clone, PartialEq, Debug)]
pub struct WebsitePage {
    /// Random where the database makes it, so ids do not sort by time.
    pub id: WebsitePageId,
    /// The website.
    pub website_id: WebsiteId,
    /// Normalised.
    pub url: String,
    /// How it stands.
    pub state: PageState,
    /// The document with its text.
    pub document_id: Option<DocumentId>,
    /// Links from a start URL.
    pub depth: i32,
    /// Of the last response.
    pub status_code: Option<i32>,
    /// Of the last response.
    pub media_type: Option<String>,
    /// Its own title.
    pub title: Option<String>,
    /// Its own language tag.
    pub language: Option<String>,
    /// When it was published, as the page says: ISO 8601, a day or a time.
    pub published: Option<String>,
    /// When it was changed, as `published`.
    pub modified: Option<String>,
    /// 0 to 1: how sure it is that its main content was found; None for files.
    pub quality: Option<f64>,
    /// After this its owner wants it in no index.
    pub unavailable_after: Option<Timestamp>,
    /// Why it could not be looked at.
    pub failure: Option<Failure>,
    /// The last run that looked at it.
    pub run_id: Option<CrawlRunId>,
    /// When it was last found to say what its document says.
    pub fetched_at: Option<Timestamp>,
    /// When its text last changed.
    pub changed_at: Option<Timestamp>,
    /// When the text was fetched that its last change replaced, if that is kept.
    pub previous_fetched_at: Option<Timestamp>,
    /// Where it links to, within the website; read for one page only.
    pub outlinks: Vec<String>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// Which pages to list.
#[derive(Clone, Default, Debug)]
pub struct PageFilter {
    /// In one state.
    pub state: Option<PageState>,
    /// With this text in URL or title.
    pub query: Option<String>,
    /// Only those with a document whose quality is under [`UNCERTAIN_QUALITY`].
    pub is_uncertain: bool,
}

/// Under this quality people should look at what was taken of a page.
pub const UNCERTAIN_QUALITY: f64 = 0.4;

/// What came of a URL in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunPage {
    /// Normalised.
    pub url: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The page, if it is one.
    pub page_id: Option<WebsitePageId>,
    /// Links from a start URL.
    pub depth: i32,
    /// Why it was not taken.
    pub failure: Option<Failure>,
    /// When.
    pub done_at: Timestamp,
    /// Of the row, for paging.
    pub(crate) key: Uuid,
}

/// The pages of a website, newest first.
///
/// # Errors
/// `not_found`.
pub async fn list_pages(
    cx: &Cx,
    website: WebsiteId,
    filter: &PageFilter,
    request: PageRequest,
) -> Result<Page<WebsitePage>> {
    let website = website::require(cx, website, Action::ReadKnowledge).await?;
    let (items, total) = store::list(cx, website.id, filter, request).await?;
    Ok(Page::cut(items, total, request, |page| Cursor { at: page.created_at, id: page.id.0 }))
}

/// One page, with its links.
///
/// # Errors
/// `not_found`.
pub async fn get_page(cx: &Cx, website: WebsiteId, page: WebsitePageId) -> Result<WebsitePage> {
    let website = website::require(cx, website, Action::ReadKnowledge).await?;
    store::get(cx, website.id, page).await?.ok_or_else(|| id::not_found("page"))
}

/// A text of a page.
pub(crate) struct DatedText {
    pub(crate) fetched_at: Timestamp,
    pub(crate) text: String,
}

/// The text of a page compared with the one that it replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageDiff {
    /// When the text before was fetched.
    pub before: Timestamp,
    /// When the text of now was.
    pub after: Timestamp,
    /// What has changed.
    pub diff: TextDiff,
}

/// What the last change of a page has changed in its text. None if no text from before is kept, and
/// while the new one is being read.
///
/// # Errors
/// `not_found`.
pub async fn get_page_diff(
    cx: &Cx,
    website: WebsiteId,
    page: WebsitePageId,
) -> Result<Option<PageDiff>> {
    let page = get_page(cx, website, page).await?;
    let texts = store::texts(cx, &page).await?;
    cx.db.release().await;
    Ok(texts.map(|[before, after]| PageDiff {
        diff: TextDiff::of(&before.text, &after.text),
        before: before.fetched_at,
        after: after.fetched_at,
    }))
}

/// What came of the URLs of a run, newest first; of the older runs only what was not `unchanged`.
///
/// # Errors
/// `not_found`.
pub async fn list_run_pages(
    cx: &Cx,
    website: WebsiteId,
    run: CrawlRunId,
    outcome: Option<Outcome>,
    request: PageRequest,
) -> Result<Page<RunPage>> {
    let run = run::get_run(cx, website, run).await?;
    let (items, total) = store::of_run(cx, run.id, outcome, request).await?;
    Ok(Page::cut(items, total, request, |page| Cursor { at: page.done_at, id: page.key }))
}
