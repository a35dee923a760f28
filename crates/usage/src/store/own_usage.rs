//! The SQL of a user's own usage.

use kernel::{Result, id::UserId};
use platform::Cx;

use super::reports::{read_totals, sums};
use crate::report::Totals;

/// Since the beginning of the period that is now: a `day` or a `month`.
pub(crate) async fn since_beginning(cx: &Cx, user: UserId, period: &str) -> Result<Totals> {
    let sql = concat!(
        "select ",
        sums!(),
        " from usage_records r where r.user_id = $1 and r.created_at >= quota_period_start($2, now())"
    );
    read_totals(&cx.db.one(sql, &[user.into(), period.into()]).await?)
}
