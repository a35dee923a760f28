//! Settings and schedule of a website, as clients send them and as its row keeps them; and the run
//! as clients and events show it.

use contract::Schema;
use kernel::{Problem, Result, Timestamp};
use queue::wire::FailureBody;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::CrawlRun;

contract::words! {
    /// How a run stands.
    pub CrawlRunState = crate::RunState::ALL.iter().map(|state| state.as_str());
    /// How a page stands.
    pub WebsitePageState = crate::PageState::ALL.iter().map(|state| state.as_str());
    /// What came of a URL in a run.
    pub CrawlOutcome = crate::Outcome::ALL.iter().map(|outcome| outcome.as_str());
    /// What has become of a line.
    pub DiffLineChange = crate::LineChange::ALL.iter().map(|change| change.as_str());
    /// What began a run.
    CrawlTrigger = ["manual", "schedule"];
}

/// How the pages of a website are found.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Schema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrawlMode {
    /// The start URLs are pages; their links are followed.
    #[default]
    Links,
    /// The start URLs are sitemaps, or sites whose `robots.txt` names them; links are not followed.
    Sitemap,
    /// The start URLs alone.
    Pages,
    /// The start URLs are RSS or Atom feeds; what they link is fetched.
    Feed,
}

/// What is crawled.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
// One schema for both directions.
#[schema(extend("required" = ["start_urls"]))]
pub struct CrawlSettings {
    /// Where a run begins: http or https.
    #[schema(length(min = 1, max = 100))]
    pub start_urls: Vec<String>,
    /// How pages are found.
    #[serde(default)]
    pub mode: CrawlMode,
    /// Only pages whose path begins with it; empty: the whole host.
    #[schema(length(max = 500))]
    #[serde(default)]
    pub path_prefix: String,
    /// Hosts beside those of the start URLs: `docs.example.org`, or `*.example.org`.
    #[schema(length(max = 50))]
    #[serde(default)]
    pub extra_hosts: Vec<String>,
    /// Links from a start URL; 0: the start URLs alone.
    #[schema(range(min = 0, max = 50))]
    #[serde(default = "default_depth")]
    pub max_depth: i32,
    /// Globs on path and query, such as `/news/**`, or on the whole address; if there are any, a
    /// page matches one of them.
    #[schema(length(max = 100))]
    #[serde(default)]
    pub include: Vec<String>,
    /// Globs; a page matches none of them.
    #[schema(length(max = 100))]
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Pages and files of a run; a run that finds more ends as `partial`.
    #[schema(range(min = 1, max = 20000))]
    #[serde(default = "default_pages")]
    pub max_pages: i32,
    /// Bytes that a run fetches at most.
    #[schema(range(min = 1048576))]
    #[serde(default = "default_bytes")]
    pub max_bytes: i64,
    /// Bytes of one page or file.
    #[schema(range(min = 1024, max = 104857600))]
    #[serde(default = "default_file_bytes")]
    pub max_file_bytes: i64,
    /// Whether linked files are taken too, in every format that uploads take.
    #[serde(default)]
    pub files: bool,
    /// Whether scripts of a page run in a browser before its text is read. Needs a worker with
    /// Chromium; without one pages are read as they came, and the run ends as `partial`.
    #[serde(default)]
    pub render: bool,
    /// Language tag of the pages; null: each says it, or it is detected.
    #[schema(length(max = 35))]
    pub language: Option<String>,
    /// Whom the owner of the website can write to: stands in the user agent.
    #[schema(length(max = 200))]
    #[serde(default)]
    pub contact: String,
}

fn default_depth() -> i32 {
    10
}

fn default_pages() -> i32 {
    1_000
}

fn default_bytes() -> i64 {
    2 << 30
}

fn default_file_bytes() -> i64 {
    10 << 20
}

fn utc() -> String {
    "UTC".to_owned()
}

fn default_jitter() -> i32 {
    30
}

impl Default for CrawlSettings {
    fn default() -> Self {
        Self {
            start_urls: Vec::new(),
            mode: CrawlMode::Links,
            path_prefix: String::new(),
            extra_hosts: Vec::new(),
            max_depth: default_depth(),
            include: Vec::new(),
            exclude: Vec::new(),
            max_pages: default_pages(),
            max_bytes: default_bytes(),
            max_file_bytes: default_file_bytes(),
            files: false,
            render: false,
            language: None,
            contact: String::new(),
        }
    }
}

/// How often a website is crawled.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Schema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// By hand only.
    #[default]
    Never,
    /// Each hour.
    Hourly,
    /// Each day.
    Daily,
    /// Every second day.
    EveryOtherDay,
    /// Each week, on one day.
    Weekly,
    /// By a cron expression.
    Cron,
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Schema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// ISO day 1.
    Monday,
    /// ISO day 2.
    Tuesday,
    /// ISO day 3.
    Wednesday,
    /// ISO day 4.
    Thursday,
    /// ISO day 5.
    Friday,
    /// ISO day 6.
    Saturday,
    /// ISO day 7.
    Sunday,
}

/// When a website is crawled by itself.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(extend("required" = []))]
pub struct Schedule {
    /// How often.
    #[serde(default)]
    pub every: Interval,
    /// Of `weekly`; null: Monday.
    pub weekday: Option<Weekday>,
    /// Local time of `daily`, `every_other_day` and `weekly`, `HH:MM`; of `hourly` the minutes
    /// count. Null: 03:00.
    #[schema(length(min = 5, max = 5))]
    pub at: Option<String>,
    /// Of `cron`: five fields, at most once an hour.
    #[schema(length(max = 100))]
    pub cron: Option<String>,
    /// IANA name of the time zone in which the times are read.
    #[schema(length(min = 1, max = 64))]
    #[serde(default = "utc")]
    pub time_zone: String,
    /// A run begins up to so many minutes later, each website at its own minute.
    #[schema(range(min = 0, max = 60))]
    #[serde(default = "default_jitter")]
    pub jitter_minutes: i32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            every: Interval::Never,
            weekday: None,
            at: None,
            cron: None,
            time_zone: utc(),
            jitter_minutes: default_jitter(),
        }
    }
}

/// Reads what a row keeps: what it lacks is as by default, and what another version wrote and this
/// one does not know is left out.
pub(crate) fn stored<T: Default + Serialize + DeserializeOwned>(kept: &Value) -> Result<T> {
    let mut whole = serde_json::to_value(T::default()).map_err(Problem::internal)?;
    for (name, value) in kept.as_object().into_iter().flatten() {
        if let Some(member) = whole.get_mut(name) {
            *member = value.clone();
        }
    }
    serde_json::from_value(whole)
        .map_err(|error| Problem::internal(format!("websites: a stored setting: {error}")))
}

/// What a row keeps.
pub(crate) fn kept(settings: &impl Serialize) -> Result<Value> {
    serde_json::to_value(settings).map_err(Problem::internal)
}

/// What a look at one page found.
#[derive(Clone, PartialEq, Default, Debug, Schema, Serialize, Deserialize)]
pub struct CheckResult {
    /// After redirects.
    pub final_url: Option<String>,
    /// Of the last response.
    pub status_code: Option<i32>,
    /// By content.
    pub media_type: Option<String>,
    /// The page's own.
    pub title: Option<String>,
    /// The page's own tag.
    pub language: Option<String>,
    /// The beginning of what would be taken, at most 5000 characters.
    pub text: String,
    /// Of all that would be taken.
    pub characters: i64,
    /// 0 to 1: how sure it is that this is the main content.
    pub quality: Option<f64>,
    /// The first 100 links within the website.
    pub links: Vec<String>,
    /// How many links stay within the website.
    pub links_within: i32,
    /// How many lead out of it.
    pub links_elsewhere: i32,
    /// Whether robots.txt lets the crawler fetch the page.
    pub robots_allowed: bool,
    /// What robots.txt names.
    pub sitemaps: Vec<String>,
    /// The page's owner wants it in no index, or not any more.
    pub noindex: bool,
    /// After this time the page's owner wants it in no index: ISO 8601.
    pub unavailable_after: Option<String>,
    /// Another URL that the page names as the original.
    pub canonical: Option<String>,
    /// There is next to no text without the page's scripts.
    pub needs_javascript: bool,
    /// Whether the page's scripts ran.
    pub rendered: bool,
    /// Why they did not, although the website asks for it: `chromium_missing`, `chromium_failed`.
    pub rendering_failure_code: Option<String>,
    /// Why nothing would be taken: a code of docs/errors.md.
    pub failure_code: Option<String>,
    /// The same in words.
    pub failure_detail: Option<String>,
}

/// One crawl of a website.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize)]
#[schema(name = "CrawlRun", list = "runs")]
pub struct RunBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    website_id: String,
    /// Of the newest job; a run that was paused continues in another one.
    #[schema(as = Uuid)]
    job_id: String,
    #[schema(as = CrawlTrigger)]
    trigger: &'static str,
    /// `partial`: some of the website could not be looked at; nothing is removed then.
    #[schema(as = CrawlRunState)]
    state: &'static str,
    /// URLs that were found so far.
    found: i32,
    /// URLs that were fetched or found unchanged.
    fetched: i32,
    unchanged: i32,
    added: i32,
    changed: i32,
    removed: i32,
    failed: i32,
    /// Bytes that were fetched, decoded.
    bytes: i64,
    /// Why it ended as it did, or what it waits for.
    reason: Option<FailureBody>,
    #[schema(as = DateTime)]
    started_at: Option<String>,
    #[schema(as = DateTime)]
    ended_at: Option<String>,
    #[schema(as = DateTime)]
    created_at: String,
    #[schema(as = DateTime)]
    updated_at: String,
}

impl From<&CrawlRun> for RunBody {
    fn from(run: &CrawlRun) -> Self {
        let iso = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            id: run.id.to_string(),
            website_id: run.website_id.to_string(),
            job_id: run.job_id.to_string(),
            trigger: if run.scheduled { "schedule" } else { "manual" },
            state: run.state.as_str(),
            found: run.counts.found,
            fetched: run.counts.fetched,
            unchanged: run.counts.unchanged,
            added: run.counts.added,
            changed: run.counts.changed,
            removed: run.counts.removed,
            failed: run.counts.failed,
            bytes: run.counts.bytes,
            reason: run.reason.as_ref().map(FailureBody::from),
            started_at: iso(run.started_at),
            ended_at: iso(run.ended_at),
            created_at: run.created_at.to_string(),
            updated_at: run.updated_at.to_string(),
        }
    }
}
