//! Asking a reranker through the gateway, within the time that a search can wait.

use std::time::Duration;

use credentials::ModelGrant;
use kernel::{Code, Problem};
use platform::log::{self, Level};
use serde_json::json;

use super::{
    RERANK, WireRanking, WireRerank,
    client::{document, send},
};
use crate::{ErrorKind, timeout::within};

/// The gateway gives a provider less.
const LIMIT: Duration = Duration::from_millis(2_500);

/// Why there is no order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RerankFailure {
    /// It did not answer in time.
    Timeout,
    /// It kept failing, and is not asked for a while.
    CircuitOpen,
    /// A quota is used up.
    QuotaReached,
    /// It has no price, and the organisation refuses models without one.
    PriceMissing,
    /// Another failure of the provider, or of the gateway; the log has the cause.
    Failed,
}

impl RerankFailure {
    /// The name that is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::CircuitOpen => "circuit_open",
            Self::QuotaReached => "quota_reached",
            Self::PriceMissing => "price_missing",
            Self::Failed => "failed",
        }
    }
}

impl From<&Problem> for RerankFailure {
    fn from(problem: &Problem) -> Self {
        match problem.code {
            Code::UsageQuotaReached => Self::QuotaReached,
            Code::PriceMissing => Self::PriceMissing,
            _ => Self::Failed,
        }
    }
}

impl From<ErrorKind> for RerankFailure {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::CircuitOpen => Self::CircuitOpen,
            _ => Self::Failed,
        }
    }
}

/// The places of the texts of a request, the most relevant first.
///
/// # Errors
/// Why there is no order, after 2.5 s at the latest.
pub async fn rerank(grant: &ModelGrant, request: &WireRerank) -> Result<Vec<usize>, RerankFailure> {
    let asked = async { document::<WireRanking>(send(grant, RERANK, request).await?).await };
    match within(LIMIT, asked).await {
        None => Err(RerankFailure::Timeout),
        Some(Err(problem)) => {
            let failure = RerankFailure::from(&problem);
            if failure == RerankFailure::Failed {
                let cause = [("cause", json!(problem.to_string()))];
                log::line(Level::Error, "models", "the gateway gave no ranking", &cause);
            }
            Err(failure)
        }
        Some(Ok(WireRanking::Order(order))) => Ok(order),
        Some(Ok(WireRanking::Failed(failure))) => {
            Err(ErrorKind::parse(&failure.kind).map_or(RerankFailure::Failed, RerankFailure::from))
        }
    }
}
