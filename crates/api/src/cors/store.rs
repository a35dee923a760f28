//! The SQL of origins.

use kernel::Result;
use platform::pg::Db;

/// Whether any active tenant allows the origin.
pub(super) async fn is_allowed(db: &Db, origin: &str) -> Result<bool> {
    db.one("select lookup.origin_allowed($1) as allowed", &[origin.into()]).await?.get("allowed")
}
