//! Retention: removes entries that are older than the tenant's retention time.

use kernel::Result;
use platform::Cx;

use crate::store;

/// Entries removed per statement.
const BATCH: i32 = 5_000;

/// Removes entries older than the tenant's retention time, and exports after seven days; returns
/// how many entries were removed.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn purge(cx: &Cx) -> Result<i64> {
    store::exports::remove_old(cx).await?;
    let mut gone = 0;
    loop {
        let now = store::purge(cx, BATCH).await?;
        gone += now;
        if now < BATCH.into() {
            return Ok(gone);
        }
    }
}
