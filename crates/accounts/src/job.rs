//! The jobs of this crate.

use std::time::Duration;

use kernel::id::UserId;
use queue::{Job, Lane};
use serde::{Deserialize, Serialize};

use crate::link_email::LinkPurpose;

/// Emails a link. The secret of the link is made when the job runs, and stored nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SendEmail {
    /// What the link is for.
    pub mail: LinkPurpose,
    /// The recipient.
    pub user_id: UserId,
}

impl Job for SendEmail {
    const KIND: &'static str = "send_mail";
    const LANE: Option<Lane> = Some(Lane::Mail);
    const MAX_ATTEMPTS: i32 = 6;
    const TIMEOUT: Duration = Duration::from_secs(5 * 60);
}
