//! Tenants, as operators manage them: created, changed, suspended, deleted; never their content.

use credentials::{OperatorContext, secret};
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, TenantId, UserId},
    text,
};
use serde_json::json;

use crate::{
    store::tenants as store,
    users::{self, Invitation},
};

/// The most that one tenant may store: 100 TiB.
const MOST_BYTES: i64 = 100 << 40;

/// A tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tenant {
    /// Ids sort by the time of creation (UUID v7).
    pub id: TenantId,
    /// Short name, in addresses.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Whether its users may sign in.
    pub active: bool,
    /// Storage quota.
    pub storage_quota_bytes: i64,
    /// How many websites it may have.
    pub max_websites: i32,
    /// How many pages a run of one of them may take.
    pub max_website_pages: i32,
    /// How many of them may be crawled at the same time.
    pub max_crawls: i32,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A change; absent members stay as they are.
#[derive(Clone, Default, Debug)]
pub struct Change {
    /// Short name.
    pub slug: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Whether its users may sign in.
    pub active: Option<bool>,
    /// Storage quota.
    pub storage_quota_bytes: Option<i64>,
    /// How many websites it may have: 0 to 10 000.
    pub max_websites: Option<i32>,
    /// How many pages a run of one of them may take: 1 to 20 000.
    pub max_website_pages: Option<i32>,
    /// How many of them may be crawled at the same time: 1 to 50.
    pub max_crawls: Option<i32>,
}

fn within(pointer: &'static str, value: Option<i32>, least: i32, most: i32) -> Result<()> {
    match value.filter(|value| !(least..=most).contains(value)) {
        None => Ok(()),
        Some(value) => Err(Problem::refused_field(
            pointer,
            ReasonCode::OutOfRange.between(least, most),
            format!("expected {least} to {most}, got {value}"),
        )),
    }
}

fn check(change: Change) -> Result<Change> {
    within("/max_websites", change.max_websites, 0, 10_000)?;
    within("/max_website_pages", change.max_website_pages, 1, 20_000)?;
    within("/max_crawls", change.max_crawls, 1, 50)?;
    if let Some(bytes) =
        change.storage_quota_bytes.filter(|bytes| !(0..=MOST_BYTES).contains(bytes))
    {
        let detail = format!("expected 0 to {MOST_BYTES} bytes, got {bytes}");
        return Err(Problem::refused_field(
            "/storage_quota_bytes",
            ReasonCode::OutOfRange.between(0, MOST_BYTES),
            detail,
        ));
    }
    let Change { slug, name, .. } = change;
    let name = name.as_deref().map(|name| text::line("/name", name, 1, 100)).transpose()?;
    let slug = slug.map(check_slug).transpose()?;
    Ok(Change { slug, name, ..change })
}

fn check_slug(slug: String) -> Result<String> {
    let letters = slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if letters && (1..=63).contains(&slug.len()) && !slug.starts_with('-') {
        return Ok(slug);
    }
    let detail =
        "expected 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen";
    Err(Problem::refused_field("/slug", ReasonCode::SlugFormat, detail))
}

/// All tenants, newest first.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list_tenants(
    operator: &OperatorContext,
    request: PageRequest,
) -> Result<Page<Tenant>> {
    let (items, total) = store::list(&operator.db, request).await?;
    Ok(Page::cut(items, total, request, |t| Cursor { at: t.created_at, id: t.id.0 }))
}

/// One tenant, and how many bytes it stores.
///
/// # Errors
/// `not_found`.
pub async fn get_tenant(operator: &OperatorContext, tenant: TenantId) -> Result<(Tenant, i64)> {
    let found =
        store::get(&operator.db, tenant).await?.ok_or_else(|| id::not_found("organisation"))?;
    Ok((found, store::stored(&operator.in_tenant(tenant).await?).await?))
}

/// Creates a tenant, and invites its first administrator.
///
/// # Errors
/// `invalid_body`; `conflict` if the short name is taken.
pub async fn create_tenant(
    operator: &OperatorContext,
    new: Change,
    admin_email: &str,
) -> Result<(Tenant, Invitation)> {
    let new = check(new)?;
    let (Some(slug), Some(name)) = (new.slug, new.name) else {
        return Err(Problem::internal("a new tenant has a slug and a name"));
    };
    let email = text::email("/admin_email", admin_email)?;
    let tenant: TenantId = platform::random::id()?;
    let cx = operator.in_tenant(tenant).await?;
    let user: UserId = cx.new_id()?;
    let (token, token_hash) = secret::new_token()?;
    let invited = store::FirstAdministrator {
        user,
        email: &email,
        token_hash: &token_hash,
        seconds: users::INVITATION_SECONDS,
    };
    let expires_at = store::insert(&cx, &slug, &name, new.storage_quota_bytes, &invited).await?;
    store::note(operator, "tenant.create", tenant, json!({ "slug": slug, "admin_email": email }))
        .await?;
    let found =
        store::get(&operator.db, tenant).await?.ok_or_else(|| id::not_found("organisation"))?;
    Ok((found, Invitation { token, expires_at }))
}

/// Changes a tenant. If it is suspended, its users lose access with the next request, and on open
/// streams within five seconds.
///
/// # Errors
/// `not_found`, `invalid_body`; `conflict` if the short name is taken.
pub async fn update_tenant(
    operator: &OperatorContext,
    tenant: TenantId,
    change: Change,
) -> Result<Tenant> {
    let change = check(change)?;
    let cx = operator.in_tenant(tenant).await?;
    let found = store::update(&cx, &change).await?.ok_or_else(|| id::not_found("organisation"))?;
    let details = json!({
        "slug": change.slug, "name": change.name, "active": change.active, "storage_quota_bytes": change.storage_quota_bytes,
        "max_websites": change.max_websites, "max_website_pages": change.max_website_pages, "max_crawls": change.max_crawls,
    });
    store::note(operator, "tenant.update", tenant, details).await?;
    Ok(found)
}

/// Deletes a suspended tenant with everything in it, for good. `slug` repeats its short name, to
/// prevent mistakes.
///
/// # Errors
/// `not_found`; `conflict` if it is active, or the short name differs.
pub async fn delete_tenant(operator: &OperatorContext, tenant: TenantId, slug: &str) -> Result<()> {
    let found =
        store::get(&operator.db, tenant).await?.ok_or_else(|| id::not_found("organisation"))?;
    if found.active {
        return Err(Problem::conflict(
            ReasonCode::NotSuspended,
            "expected a suspended organisation; suspend it first, then delete it",
        ));
    }
    if found.slug != slug {
        return Err(Problem::conflict(
            ReasonCode::WrongConfirmation,
            "slug: expected the organisation's short name as a confirmation",
        ));
    }
    // Noted first: after the deletion the call might not be repeated.
    store::note(
        operator,
        "tenant.delete",
        tenant,
        json!({ "slug": found.slug, "name": found.name }),
    )
    .await?;
    store::delete(&operator.in_tenant(tenant).await?).await
}

/// Records in the operators' log what an operator did to one tenant, or to all tenants if `tenant`
/// is None.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn note(
    operator: &OperatorContext,
    action: &'static str,
    tenant: Option<TenantId>,
    details: serde_json::Value,
) -> Result<()> {
    // An entry needs a subject; if there is no tenant, the operator is the subject.
    store::note(operator, action, tenant.unwrap_or(TenantId(operator.operator.id.0)), details).await
}
