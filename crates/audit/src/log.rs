//! Reading the log.

use access::Action;
use kernel::{
    Cursor, Page, PageRequest, Result, Timestamp,
    id::{self, AuditReadingId},
    text,
};
use platform::Cx;
use uuid::Uuid;

use crate::{Entry, Filter, Reading, record, store};

/// How long a stated reason is valid, in seconds.
const READING_SECONDS: i32 = 3600;

/// States why the caller reads the log; the reason becomes an entry.
///
/// # Errors
/// `not_allowed`, `invalid_body`.
pub async fn start_reading(cx: &Cx, reason: &str) -> Result<Reading> {
    cx.require(Action::ReadAudit)?;
    let reason = text::line("/reason", reason, 5, 500)?;
    let id: AuditReadingId = cx.new_id()?;
    let expires_at = store::insert_reading(cx, id, &reason, READING_SECONDS).await?;
    Ok(Reading { id, reason, expires_at })
}

/// Checks that the caller stated a reason within the last hour.
pub(crate) async fn require_reading(cx: &Cx, reading: AuditReadingId) -> Result<()> {
    cx.require(Action::ReadAudit)?;
    if store::reading_is_good(cx, reading).await? { Ok(()) } else { Err(id::not_found("reading")) }
}

/// The entries, newest first. Each page read becomes an entry itself.
///
/// # Errors
/// `not_allowed`; `not_found` if the reading is not the caller's or has expired; database errors.
pub async fn list_entries(
    cx: &Cx,
    reading: AuditReadingId,
    filter: &Filter,
    request: PageRequest,
) -> Result<Page<Entry>> {
    require_reading(cx, reading).await?;
    let before = request.after.map(|cursor| cursor.at.0);
    let (items, total) = store::list(cx, filter, before, request.limit + 1).await?;
    record(cx, "audit.read", "audit_reading", Some(&reading.to_string()), filter.to_json()).await?;
    Ok(Page::cut(items, total, request, |entry| Cursor {
        at: Timestamp(entry.seq),
        id: Uuid::nil(),
    }))
}
