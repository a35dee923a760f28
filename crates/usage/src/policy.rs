//! What an organisation decides about costs.

use access::Action;
use kernel::{Problem, ReasonCode, Result};
use platform::Cx;

use crate::store::policies as store;

/// What happens to a call of a model that has no price.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum UnpricedPolicy {
    /// It is answered, and its record has no cost.
    #[default]
    Flag,
    /// It is refused.
    Refuse,
}

impl UnpricedPolicy {
    /// Every policy.
    pub const ALL: [Self; 2] = [Self::Flag, Self::Refuse];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Refuse => "refuse",
        }
    }

    /// The policy of a name.
    ///
    /// # Errors
    /// `invalid_body`.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|policy| policy.as_str() == name);
        found.ok_or_else(|| {
            Problem::refused_field(
                "/unpriced_models",
                ReasonCode::UnknownValue,
                "expected flag or refuse",
            )
        })
    }
}

/// What an organisation decides about costs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct UsagePolicy {
    /// What happens to a call of a model that has no price.
    pub unpriced: UnpricedPolicy,
    /// Whether people see what their answers cost.
    pub shows_answer_costs: bool,
}

/// The policy of the tenant.
///
/// # Errors
/// `not_allowed`.
pub async fn get_policy(cx: &Cx) -> Result<UsagePolicy> {
    cx.require(Action::ManageUsage)?;
    store::get(cx).await
}

/// Changes the policy of the tenant.
///
/// # Errors
/// `not_allowed`.
pub async fn put_policy(cx: &Cx, policy: UsagePolicy) -> Result<()> {
    cx.require(Action::ManageUsage)?;
    store::put(cx, policy).await
}
