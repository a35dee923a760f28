//! Pages of websites.

use api::{Call, Json, List};
use contract::Schema;
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{WebsiteId, WebsitePageId},
};
use queue::wire::FailureBody;
use serde::Serialize;
use websites::{PageFilter, PageState, WebsitePage};

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
    /// Where it links to, within the website; empty in lists.
    outlinks: Vec<String>,
    #[serde(serialize_with = "api::wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "api::wire::iso")]
    updated_at: Timestamp,
}

impl From<&WebsitePage> for WebsitePageBody {
    fn from(page: &WebsitePage) -> Self {
        let iso = |at: Option<Timestamp>| at.map(|at| at.to_string());
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
            failure: page.failure.as_ref().map(FailureBody::from),
            run_id: page.run_id.map(|id| id.to_string()),
            fetched_at: iso(page.fetched_at),
            changed_at: iso(page.changed_at),
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
