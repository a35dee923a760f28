//! Events that the audit log records beside the changes of rows, which tables record by themselves.

use kernel::Result;
use platform::Cx;
use serde_json::Value;

use crate::store;

/// Records an event of the tenant: a failed sign-in, a denial, a reading. `cx` names the actor and
/// the client address. No secrets, no document text.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn record(
    cx: &Cx,
    action: &'static str,
    kind: &str,
    resource: Option<&str>,
    details: Value,
) -> Result<()> {
    store::record(cx, action, kind, resource, details).await
}
