//! Alerts: one for each threshold of a quota that is crossed in a period.

use access::Action;
use kernel::{
    Cursor, Page, PageRequest, Result, Timestamp,
    id::{QuotaId, UserId},
};
use platform::Cx;
use uuid::Uuid;

use crate::{
    quota::{Measure, Period},
    store::alerts as store,
};

/// A threshold of a quota was crossed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuotaAlert {
    /// Random where the database makes it, so ids do not sort by time.
    pub id: Uuid,
    /// The quota.
    pub quota_id: QuotaId,
    /// The user, if the quota is for each user.
    pub user_id: Option<UserId>,
    /// The name of that user, or of the quota's group, user, key or model.
    pub name: Option<String>,
    /// What is counted.
    pub measure: Measure,
    /// The period in which it is counted.
    pub period: Period,
    /// The threshold: 1 to 100.
    pub percent: i32,
    /// The use when it was crossed; decimal text.
    pub used: String,
    /// The limit now; decimal text.
    pub limit: String,
    /// The period.
    pub period_start: Timestamp,
    /// When it was crossed.
    pub created_at: Timestamp,
}

/// What a mail about an alert says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertMail {
    /// The recipient's address.
    pub email: String,
    /// The recipient's name.
    pub display_name: String,
    /// The organisation's name.
    pub organisation: String,
    /// The language tag that the organisation chose.
    pub language: Option<String>,
    /// The kind of the quota's subject.
    pub subject: String,
    /// The name of its group, key or model, or of another user.
    pub subject_name: Option<String>,
    /// It is the recipient's own quota.
    pub is_own: bool,
    /// What is counted.
    pub measure: Measure,
    /// For how long.
    pub period: Period,
    /// The threshold: 1 to 100.
    pub percent: i32,
    /// What was used when it was crossed; decimal text.
    pub used: String,
    /// The limit now; decimal text.
    pub limit: String,
    /// When the quota begins again.
    pub ends_at: Timestamp,
}

/// What the mail about an alert says to a recipient; None if they get none any more: the alert's
/// quota or the user was deleted, or the user lost the role.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn alert_mail(cx: &Cx, alert: Uuid, user: UserId) -> Result<Option<AlertMail>> {
    store::mail(cx, alert, user).await
}

/// The alerts of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_alerts(cx: &Cx, request: PageRequest) -> Result<Page<QuotaAlert>> {
    cx.require(Action::ManageUsage)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |alert| Cursor { at: alert.created_at, id: alert.id }))
}
