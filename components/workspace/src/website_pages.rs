//! Pages of websites.

use api::{Call, Json, List};
use contract::Schema;
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{WebsiteId, WebsitePageId},
};
use queue::wire::FailureBody;
use serde::Serialize;
use websites::{DiffHunk, DiffLine, PageFilter, PageState, WebsitePage};

/// What is known of a URL of a website.
#[derive(Schema, Serialize)]
#[schema(name = "WebsitePage", list = "pages")]
pub(crate) struct WebsitePageBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    website_id: String,
    /// Normalised, after redirects.
    url: String,
    #[schema(as = websites::wire::WebsitePageState)]
    state: &'static str,
    /// The document with its text.
    #[schema(as = Uuid)]
    document_id: Option<String>,
    /// Links from a start URL.
    depth: i32,
    status_code: Option<i32>,
    media_type: Option<String>,
    title: Option<String>,
    language: Option<String>,
    /// When it was published, as the page says: ISO 8601, a day or a time.
    published: Option<String>,
    /// When it was changed, as the page says: ISO 8601, a day or a time.
    modified: Option<String>,
    /// 0 to 1: how sure it is that its main content was found; under 0.4 its text should be looked
    /// at. Null for files.
    quality: Option<f64>,
    /// After this its owner wants it in no index; the next run removes its text.
    #[schema(as = DateTime)]
    unavailable_after: Option<String>,
    /// Why it could not be looked at: a code of docs/errors.md, and in words.
    failure: Option<FailureBody>,
    /// The last run that looked at it.
    #[schema(as = Uuid)]
    run_id: Option<String>,
    /// When it was last found to say what its document says.
    #[schema(as = DateTime)]
    fetched_at: Option<String>,
    /// When its text last changed.
    #[schema(as = DateTime)]
    changed_at: Option<String>,
    /// When the text was fetched that its last change replaced: `/diff` shows what changed. Null if
    /// none is kept.
    #[schema(as = DateTime)]
    previous_fetched_at: Option<String>,
    /// Where it links to, within the website; empty in lists.
    outlinks: Vec<String>,
    #[serde(serialize_with = "api::wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "api::wire::iso")]
    updated_at: Timestamp,
}

fn iso(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

impl From<&WebsitePage> for WebsitePageBody {
    fn from(page: &WebsitePage) -> Self {
        Self {
            id: page.id.to_string(),
            website_id: page.website_id.to_string(),
            url: page.url.clone(),
            state: page.state.as_str(),
            document_id: page.document_id.map(|id| id.to_string()),
            depth: page.depth,
            status_code: page.status_code,
            media_type: page.media_type.clone(),
            title: page.title.clone(),
            language: page.language.clone(),
            published: page.published.clone(),
            modified: page.modified.clone(),
            quality: page.quality,
            unavailable_after: iso(page.unavailable_after),
            failure: page.failure.as_ref().map(FailureBody::from),
            run_id: page.run_id.map(|id| id.to_string()),
            fetched_at: iso(page.fetched_at),
            changed_at: iso(page.changed_at),
            previous_fetched_at: iso(page.previous_fetched_at),
            outlinks: page.outlinks.clone(),
            created_at: page.created_at,
            updated_at: page.updated_at,
        }
    }
}

contract::shape! {
    pub(crate) struct PagesParameters {
        #[schema(as = websites::wire::WebsitePageState)]
        state: Option<String>,
        /// A part of the URL or the title
        #[schema(length(max = 200))]
        q: Option<String>,
        /// Only pages whose main content is uncertain: with a quality under 0.4
        uncertain: Option<bool>,
    }
}

pub(crate) async fn list_website_pages(call: Call) -> Result<List<WebsitePageBody>> {
    let website: WebsiteId = call.param("website_id")?;
    let state = call.query("state").map(|text| {
        let all: Vec<&str> = PageState::ALL.iter().map(|state| state.as_str()).collect();
        let expected = || {
            Problem::new(Code::InvalidQuery, format!("state: expected one of {}", all.join(", ")))
        };
        PageState::parse(&text).ok_or_else(expected)
    });
    let query = call.query("q").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if query.as_ref().is_some_and(|text| text.chars().count() > 200 || text.contains('\0')) {
        return Err(Problem::new(
            Code::InvalidQuery,
            "q: expected at most 200 characters without NUL",
        ));
    }
    let is_uncertain = match call.query("uncertain").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            return Err(Problem::new(Code::InvalidQuery, "uncertain: expected true or false"));
        }
    };
    let filter = PageFilter { state: state.transpose()?, query, is_uncertain };
    api::list(&websites::list_pages(call.cx()?, website, &filter, call.page()?).await?)
}

pub(crate) async fn get_website_page(call: Call) -> Result<Json<WebsitePageBody>> {
    let (website, page): (WebsiteId, WebsitePageId) =
        (call.param("website_id")?, call.param("page_id")?);
    api::ok(&WebsitePageBody::from(&websites::get_page(call.cx()?, website, page).await?))
}

/// What the last change of a page has changed in its text.
#[derive(Schema, Serialize)]
#[schema(name = "WebsitePageDiff")]
pub(crate) struct PageDiffBody {
    /// When the text before was fetched; null if none is kept, and while the new one is being read.
    #[schema(as = DateTime)]
    before: Option<String>,
    /// When the text of now was fetched; null with `before`.
    #[schema(as = DateTime)]
    after: Option<String>,
    /// Places that changed, in the order of the text; empty if only white space did.
    hunks: Vec<DiffHunkBody>,
    /// Whether the texts are longer than what was compared: 100 000 characters, and 1 000 lines of
    /// each beside those that both begin and end with.
    cut: bool,
}

/// Lines that changed, with two lines around them.
#[derive(Schema, Serialize)]
#[schema(name = "WebsitePageDiffHunk")]
struct DiffHunkBody {
    /// Lines of both texts that are left out before it.
    skipped: i64,
    lines: Vec<DiffLineBody>,
}

/// A paragraph, a heading, or a row of a table.
#[derive(Schema, Serialize)]
#[schema(name = "WebsitePageDiffLine")]
struct DiffLineBody {
    /// Of a changed line the one that was removed goes before the one that was added.
    #[schema(as = websites::wire::DiffLineChange)]
    change: &'static str,
    text: String,
}

pub(crate) async fn get_website_page_diff(call: Call) -> Result<Json<PageDiffBody>> {
    let (website, page): (WebsiteId, WebsitePageId) =
        (call.param("website_id")?, call.param("page_id")?);
    let found = websites::get_page_diff(call.cx()?, website, page).await?;
    let (before, after) = found.as_ref().map(|found| (found.before, found.after)).unzip();
    let diff = found.map(|found| found.diff).unwrap_or_default();
    let line = |line: DiffLine| DiffLineBody { change: line.change.as_str(), text: line.text };
    let hunk = |hunk: DiffHunk| DiffHunkBody {
        skipped: i64::try_from(hunk.skipped).unwrap_or(i64::MAX),
        lines: hunk.lines.into_iter().map(line).collect(),
    };
    api::ok(&PageDiffBody {
        before: iso(before),
        after: iso(after),
        hunks: diff.hunks.into_iter().map(hunk).collect(),
        cut: diff.is_cut,
    })
}
