//! Websites.

use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{Result, Timestamp, id::WebsiteId};
use serde::{Deserialize, Serialize};
use spaces::Action;
use websites::{
    CreateWebsite as NewWebsite, CredentialKind, CredentialSummary, NewCredentials,
    UpdateWebsite as Change, Website,
    wire::{CrawlSettings, RunBody, Schedule},
};

/// A website that fills a collection of its own.
#[derive(Schema, Serialize)]
#[schema(list = "websites")]
pub(crate) struct WebsiteBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    space_id: String,
    /// The collection that it fills; no one uploads into it.
    #[schema(as = Uuid)]
    collection_id: String,
    name: String,
    settings: CrawlSettings,
    schedule: Schedule,
    /// When it is crawled next by itself; null for a few seconds after the schedule has changed, and
    /// while a run is paused: no other begins before that one is resumed or stopped.
    #[schema(as = DateTime)]
    next_run_at: Option<String>,
    /// Why the schedule does not run.
    schedule_error: Option<String>,
    /// Runs that failed one after the other.
    failures: i32,
    /// After failed runs: the schedule starts none before this time.
    #[schema(as = DateTime)]
    retry_at: Option<String>,
    credentials: Option<CredentialBody>,
    /// Whether the schedule rests.
    paused: bool,
    /// Pages that have a document.
    page_count: i64,
    /// Pages that could not be looked at the last time.
    failed_count: i64,
    last_run: Option<RunBody>,
    permissions: Vec<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

/// How a website is shown credentials.
#[derive(Clone, Copy, Schema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireCredentialKind {
    /// HTTP Basic: a user and a password.
    Basic,
    /// A header field and its value.
    Header,
}

impl From<WireCredentialKind> for CredentialKind {
    fn from(kind: WireCredentialKind) -> Self {
        match kind {
            WireCredentialKind::Basic => Self::Basic,
            WireCredentialKind::Header => Self::Header,
        }
    }
}

/// What people may see of credentials.
#[derive(Schema, Serialize)]
#[schema(name = "WebsiteCredentials")]
struct CredentialBody {
    kind: WireCredentialKind,
    /// The user, or the name of the header field.
    name: String,
    /// The last four characters, if it is long.
    secret_masked: String,
}

impl From<&CredentialSummary> for CredentialBody {
    fn from(summary: &CredentialSummary) -> Self {
        let kind = match summary.kind {
            CredentialKind::Basic => WireCredentialKind::Basic,
            CredentialKind::Header => WireCredentialKind::Header,
        };
        Self { kind, name: summary.name.clone(), secret_masked: summary.masked.clone() }
    }
}

impl From<&Website> for WebsiteBody {
    fn from(website: &Website) -> Self {
        Self {
            id: website.id.to_string(),
            space_id: website.space_id.to_string(),
            collection_id: website.collection_id.to_string(),
            name: website.name.clone(),
            settings: website.settings.clone(),
            schedule: website.schedule.clone(),
            next_run_at: website.next_run_at.map(|at| at.to_string()),
            schedule_error: website.schedule_error.clone(),
            failures: website.failures,
            retry_at: website.retry_at.map(|at| at.to_string()),
            credentials: website.credentials.as_ref().map(CredentialBody::from),
            paused: website.paused,
            page_count: website.page_count,
            failed_count: website.failed_count,
            last_run: website.last_run.as_ref().map(RunBody::from),
            permissions: website.access.permissions(),
            created_at: website.created_at,
            updated_at: website.updated_at,
        }
    }
}

/// What is shown to the website: to the hosts of its start URLs only.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnterCredentials {
    kind: WireCredentialKind,
    /// The user, or the name of the header field.
    #[schema(length(min = 1, max = 200))]
    name: String,
    /// The password, or the value of the header field.
    #[schema(length(min = 1, max = 4000))]
    secret: String,
}

impl From<EnterCredentials> for NewCredentials {
    fn from(entered: EnterCredentials) -> Self {
        Self { kind: entered.kind.into(), name: entered.name, secret: entered.secret }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWebsite {
    #[schema(as = Uuid)]
    space_id: String,
    #[schema(length(min = 1, max = 100))]
    name: String,
    settings: CrawlSettings,
    #[serde(default)]
    schedule: Schedule,
    credentials: Option<EnterCredentials>,
    #[serde(default)]
    paused: bool,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateWebsite {
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    settings: Option<CrawlSettings>,
    schedule: Option<Schedule>,
    #[serde(default, deserialize_with = "wire::present")]
    credentials: Option<Option<EnterCredentials>>,
    paused: Option<bool>,
}

contract::shape! {
    pub(crate) struct WebsitesParameters {
        #[schema(as = Uuid)]
        space_id: Option<String>,
    }
}

pub(crate) async fn list_websites(call: Call) -> Result<List<WebsiteBody>> {
    let page =
        websites::list_websites(call.cx()?, call.query_id("space_id")?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_website(
    mut call: CallWith<CreateWebsite>,
) -> Result<Idempotent<CreatedJson<WebsiteBody>>> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateWebsite| {
        spaces::require(call.cx()?, body.space_id.parse()?, Action::EditKnowledge).await.map(|_| ())
    };
    api::create(&call, &bytes, may, async |body: CreateWebsite| {
        let new = NewWebsite {
            space_id: body.space_id.parse()?,
            name: body.name,
            settings: body.settings,
            schedule: body.schedule,
            credentials: body.credentials.map(NewCredentials::from),
            paused: body.paused,
        };
        let website = websites::create_website(call.cx()?, new).await?;
        Ok((format!("/api/v1/websites/{}", website.id), WebsiteBody::from(&website)))
    })
    .await
}

pub(crate) async fn get_website(call: Call) -> Result<Json<WebsiteBody>> {
    api::ok(&WebsiteBody::from(
        &websites::get_website(call.cx()?, call.param("website_id")?).await?,
    ))
}

pub(crate) async fn update_website(mut call: CallWith<UpdateWebsite>) -> Result<Json<WebsiteBody>> {
    let body: UpdateWebsite = call.json().await?;
    let id: WebsiteId = call.param("website_id")?;
    let change = Change {
        name: body.name,
        settings: body.settings,
        schedule: body.schedule,
        credentials: body.credentials.map(|entered| entered.map(NewCredentials::from)),
        paused: body.paused,
    };
    api::ok(&WebsiteBody::from(&websites::update_website(call.cx()?, id, change).await?))
}

pub(crate) async fn delete_website(call: Call) -> Result<NoContent> {
    websites::delete_website(call.cx()?, call.param("website_id")?).await?;
    api::no_content()
}
