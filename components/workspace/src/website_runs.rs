//! Runs of websites: crawls that are running or have ended.

use api::{AcceptedJson, Call, Json, List};
use contract::Schema;
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{CrawlRunId, WebsiteId},
};
use queue::wire::FailureBody;
use serde::Serialize;
use websites::{Outcome, RunPage, wire::RunBody};

/// What came of a URL in a run.
#[derive(Schema, Serialize)]
#[schema(name = "CrawlRunPage", list = "pages")]
pub(crate) struct RunPageBody {
    url: String,
    #[schema(as = websites::wire::CrawlOutcome)]
    outcome: &'static str,
    #[schema(as = Uuid)]
    page_id: Option<String>,
    /// Links from a start URL.
    depth: i32,
    /// Why it was not taken: a code of docs/errors.md, and in words.
    failure: Option<FailureBody>,
    #[serde(serialize_with = "api::wire::iso")]
    done_at: Timestamp,
}

impl From<&RunPage> for RunPageBody {
    fn from(page: &RunPage) -> Self {
        Self {
            url: page.url.clone(),
            outcome: page.outcome.as_str(),
            page_id: page.page_id.map(|id| id.to_string()),
            depth: page.depth,
            failure: page.failure.as_ref().map(FailureBody::from),
            done_at: page.done_at,
        }
    }
}

contract::shape! {
    pub(crate) struct RunPagesParameters {
        #[schema(as = websites::wire::CrawlOutcome)]
        outcome: Option<String>,
    }
}

fn ids(call: &Call) -> Result<(WebsiteId, CrawlRunId)> {
    Ok((call.param("website_id")?, call.param("run_id")?))
}

pub(crate) async fn start_crawl_run(call: Call) -> Result<AcceptedJson<RunBody>> {
    let id: WebsiteId = call.param("website_id")?;
    api::json(&RunBody::from(&websites::start_run(call.cx()?, id).await?))
}

pub(crate) async fn list_crawl_runs(call: Call) -> Result<List<RunBody>> {
    api::list(&websites::list_runs(call.cx()?, call.param("website_id")?, call.page()?).await?)
}

pub(crate) async fn get_crawl_run(call: Call) -> Result<Json<RunBody>> {
    let (website, run) = ids(&call)?;
    api::ok(&RunBody::from(&websites::get_run(call.cx()?, website, run).await?))
}

pub(crate) async fn stop_crawl_run(call: Call) -> Result<AcceptedJson<RunBody>> {
    let (website, run) = ids(&call)?;
    api::json(&RunBody::from(&websites::stop_run(call.cx()?, website, run).await?))
}

pub(crate) async fn pause_crawl_run(call: Call) -> Result<AcceptedJson<RunBody>> {
    let (website, run) = ids(&call)?;
    api::json(&RunBody::from(&websites::pause_run(call.cx()?, website, run).await?))
}

pub(crate) async fn resume_crawl_run(call: Call) -> Result<AcceptedJson<RunBody>> {
    let (website, run) = ids(&call)?;
    api::json(&RunBody::from(&websites::resume_run(call.cx()?, website, run).await?))
}

pub(crate) async fn list_crawl_run_pages(call: Call) -> Result<List<RunPageBody>> {
    let (website, run) = ids(&call)?;
    let outcome = call.query("outcome").map(|text| {
        let all: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
        let expected = || {
            Problem::new(Code::InvalidQuery, format!("outcome: expected one of {}", all.join(", ")))
        };
        Outcome::parse(&text).ok_or_else(expected)
    });
    let page =
        websites::list_run_pages(call.cx()?, website, run, outcome.transpose()?, call.page()?)
            .await?;
    api::list(&page)
}
