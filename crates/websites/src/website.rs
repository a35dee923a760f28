//! Websites: the noun, and looking after them.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, CollectionId, SpaceId, WebsiteId},
    text,
};
use platform::Cx;
use spaces::Action;

use crate::{
    CrawlRun, CredentialSummary, NewCredentials,
    credentials::seal,
    rules, schedule,
    store::{runs, websites as store},
    wire::{CrawlSettings, Schedule},
};

/// A website, as a member of its space sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Website {
    /// Ids sort by the time of creation (UUID v7).
    pub id: WebsiteId,
    /// The space it is in.
    pub space_id: SpaceId,
    /// The collection that it fills.
    pub collection_id: CollectionId,
    /// 1 to 100 characters; the collection's name, too.
    pub name: String,
    /// What is crawled.
    pub settings: CrawlSettings,
    /// When it is crawled by itself.
    pub schedule: Schedule,
    /// When it is next, once a worker has worked it out; None while a run is paused, as none begins
    /// then.
    pub next_run_at: Option<Timestamp>,
    /// Why the schedule does not run.
    pub schedule_error: Option<String>,
    /// Runs that failed one after the other.
    pub failures: i32,
    /// No scheduled run begins before this time, because the last runs failed; None if it is past.
    pub retry_at: Option<Timestamp>,
    /// What is shown to the website.
    pub credentials: Option<CredentialSummary>,
    /// Whether the schedule rests.
    pub paused: bool,
    /// Pages that have a document.
    pub page_count: i64,
    /// Pages that could not be looked at the last time.
    pub failed_count: i64,
    /// The newest run.
    pub last_run: Option<CrawlRun>,
    /// The caller's rights in the space.
    pub access: access::SpaceAccess,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A website that is to be made.
#[derive(Clone, Debug)]
pub struct CreateWebsite {
    /// Where.
    pub space_id: SpaceId,
    /// 1 to 100 characters.
    pub name: String,
    /// What is crawled.
    pub settings: CrawlSettings,
    /// When.
    pub schedule: Schedule,
    /// What is shown to the website.
    pub credentials: Option<NewCredentials>,
    /// Whether the schedule rests.
    pub paused: bool,
}

/// What is to be changed; what is absent stays.
#[derive(Clone, Default, Debug)]
pub struct UpdateWebsite {
    /// 1 to 100 characters.
    pub name: Option<String>,
    /// All of them.
    pub settings: Option<CrawlSettings>,
    /// All of it.
    pub schedule: Option<Schedule>,
    /// `Some(None)` removes them.
    pub credentials: Option<Option<NewCredentials>>,
    /// Whether the schedule rests.
    pub paused: Option<bool>,
}

/// Makes a website and its collection.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`; `conflict` if the organisation has as many as it
/// may.
pub async fn create_website(cx: &Cx, new: CreateWebsite) -> Result<Website> {
    spaces::require(cx, new.space_id, Action::EditKnowledge).await?;
    let name = text::line("/name", &new.name, 1, 100)?;
    let limits = store::limits(cx).await?;
    let settings = rules::checked(&new.settings, limits)?;
    let schedule = checked_schedule(cx, &new.schedule).await?;
    let sealed = match &new.credentials {
        Some(credentials) => Some(seal(cx, credentials, &settings.start_urls).await?),
        None => None,
    };
    let new = store::NewWebsite {
        id: cx.new_id()?,
        collection: cx.new_id()?,
        space: new.space_id,
        name: &name,
        settings: &settings,
        schedule: &schedule,
        plan: if new.paused { None } else { schedule::plan(&schedule)? },
        credentials: sealed,
        paused: new.paused,
        model: models::default_embedding_model().await?,
    };
    let id = new.id;
    if !store::insert(cx, new).await? {
        let detail = "the organisation has as many websites as it may have; delete one, or ask the operator for more";
        return Err(Problem::conflict(ReasonCode::WebsiteLimit, detail));
    }
    get_website(cx, id).await
}

async fn checked_schedule(cx: &Cx, schedule: &Schedule) -> Result<Schedule> {
    let schedule = schedule::checked(schedule)?;
    if store::knows_time_zone(cx, &schedule.time_zone).await? {
        return Ok(schedule);
    }
    let detail = format!(
        "expected an IANA time zone such as Europe/Stockholm, got `{}`",
        schedule.time_zone
    );
    Err(Problem::refused_field(
        "/schedule/time_zone",
        ReasonCode::TimeZoneUnknown.with_value(&schedule.time_zone),
        detail,
    ))
}

/// The websites of the caller's spaces, or of one of them; newest first.
///
/// # Errors
/// `not_found` if the caller has no role in the space.
pub async fn list_websites(
    cx: &Cx,
    space: Option<SpaceId>,
    request: PageRequest,
) -> Result<Page<Website>> {
    if let Some(space) = space {
        spaces::require(cx, space, Action::ReadKnowledge).await?;
    }
    let (mut items, total) = store::list(cx, space, request).await?;
    runs::add_last(cx, &mut items).await?;
    Ok(Page::cut(items, total, request, |w| Cursor { at: w.created_at, id: w.id.0 }))
}

/// One website.
///
/// # Errors
/// `not_found` if the caller is not a member of its space.
pub async fn get_website(cx: &Cx, website: WebsiteId) -> Result<Website> {
    let mut found = store::get(cx, website).await?.ok_or_else(|| id::not_found("website"))?;
    runs::add_last(cx, std::slice::from_mut(&mut found)).await?;
    Ok(found)
}

/// The website, where the caller may do this to it.
pub(crate) async fn require(cx: &Cx, website: WebsiteId, action: Action) -> Result<Website> {
    let found = store::get(cx, website).await?.ok_or_else(|| id::not_found("website"))?;
    spaces::require(cx, found.space_id, action).await?;
    Ok(found)
}

/// Changes a website, its collection's name and its schedule. A run in progress keeps the settings
/// that it began with until it is resumed.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`; `conflict` if another user changes start URLs or
/// credentials at the same time.
pub async fn update_website(cx: &Cx, website: WebsiteId, change: UpdateWebsite) -> Result<Website> {
    let before = require(cx, website, Action::EditKnowledge).await?;
    let name = change.name.map(|name| text::line("/name", &name, 1, 100)).transpose()?;
    let settings = match &change.settings {
        Some(settings) => Some(rules::checked(settings, store::limits(cx).await?)?),
        None => None,
    };
    let schedule = match &change.schedule {
        Some(schedule) => Some(checked_schedule(cx, schedule).await?),
        None => None,
    };
    // Credentials go to the hosts that they were entered for, and to no others.
    if let (Some(settings), None, Some(_)) = (&settings, &change.credentials, &before.credentials)
        && settings.start_urls != before.settings.start_urls
    {
        let detail = "expected the credentials again, or null, with other start URLs: they are sent to those";
        return Err(Problem::refused_field("/credentials", ReasonCode::CredentialAgain, detail));
    }
    let starts = &settings.as_ref().unwrap_or(&before.settings).start_urls;
    let credentials = match &change.credentials {
        Some(Some(credentials)) => Some(Some(seal(cx, credentials, starts).await?)),
        Some(None) => Some(None),
        None => None,
    };
    let paused = change.paused.unwrap_or(before.paused);
    let planned = schedule.as_ref().unwrap_or(&before.schedule);
    let plan = if paused { None } else { schedule::plan(planned)? };
    let change = store::Change {
        name: name.as_deref(),
        settings: settings.as_ref(),
        schedule: schedule.as_ref(),
        time_zone: &planned.time_zone,
        plan,
        credentials,
        paused,
    };
    if !store::update(cx, &before, change).await? {
        let detail = "another user has changed its start URLs or credentials meanwhile: load the website again";
        return Err(Problem::conflict(ReasonCode::ChangedMeanwhile, detail));
    }
    get_website(cx, website).await
}

/// Deletes a website with its collection, pages and runs. A job that works on it ends by itself.
///
/// # Errors
/// `not_found`, `not_allowed`.
pub async fn delete_website(cx: &Cx, website: WebsiteId) -> Result<()> {
    let website = require(cx, website, Action::EditKnowledge).await?;
    store::delete(cx, website.id).await
}
