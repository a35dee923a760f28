//! The jobs of this crate.

use std::time::Duration;

use kernel::id::UserId;
use queue::{Job, Lane};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Mails one person that a quota has reached a threshold. `alert_quota` of
/// `migrations/functions/usage.sql` queues it with the alert.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SendQuotaAlert {
    /// The alert.
    pub alert_id: Uuid,
    /// The recipient.
    pub user_id: UserId,
}

impl Job for SendQuotaAlert {
    const KIND: &'static str = "send_quota_alert";
    const LANE: Option<Lane> = Some(Lane::Mail);
    const MAX_ATTEMPTS: i32 = 6;
    const TIMEOUT: Duration = Duration::from_secs(5 * 60);
}
