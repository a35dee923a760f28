//! Retention: what is older than a tenant keeps it goes.

use kernel::Result;
use platform::Cx;

use crate::store;

/// Entries that one statement removes.
const BATCH: i32 = 5_000;

/// Removes what is older than the tenant keeps it, and exports after seven days; says how many entries went.
///
/// # Errors
/// What the database says.
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
