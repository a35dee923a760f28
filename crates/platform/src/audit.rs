//! What the audit log learns beside the changes of rows, which tables record by themselves.

use kernel::Result;
use serde_json::Value;

use crate::Cx;

/// Records an event of the tenant: a failed sign-in, a denial, a reading. Who acts from where is known from `cx`. No secrets, no document text.
///
/// # Errors
/// What the database says.
pub async fn record(cx: &Cx, action: &'static str, kind: &str, resource: Option<&str>, details: Value) -> Result<()> {
    let sql = "select audit.event($1, $2, $3, $4)";
    cx.db.execute(sql, &[action.into(), kind.into(), resource.into(), details.into()]).await?;
    Ok(())
}
