//! The caller's own usage, and what is left of the quotas that apply.

use kernel::Result;
use platform::Cx;

use crate::{
    quota::Quota,
    report::Totals,
    store::{own_usage as store, quotas},
};

/// The caller's own usage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnUsage {
    /// Since the beginning of the day, in UTC.
    pub today: Totals,
    /// Since the beginning of the month, in UTC.
    pub month: Totals,
    /// The quotas that apply to the caller, at most 100; of models, those that the caller asked in
    /// this month.
    pub quotas: Vec<Quota>,
}

/// The acting user's own usage.
///
/// # Errors
/// `not_signed_in` if the actor is not a user.
pub async fn read_own_usage(cx: &Cx) -> Result<OwnUsage> {
    let user = cx.user()?;
    Ok(OwnUsage {
        today: store::since_beginning(cx, user, "day").await?,
        month: store::since_beginning(cx, user, "month").await?,
        quotas: quotas::of_user(cx).await?,
    })
}
