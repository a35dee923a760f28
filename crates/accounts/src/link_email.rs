//! Emails with a link: a password reset, and the mailed copy of an invitation.

use credentials::secret;
use kernel::{
    Result,
    id::{JobId, SessionId, UserId},
};
use platform::{Cx, pg::Db};
use serde::{Deserialize, Serialize};

use crate::{store::links as store, users};

/// How long a reset link is valid.
const RESET_SECONDS: i32 = 3600;

/// What a mailed link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// A password reset.
    Reset,
    /// An invitation to set the first password.
    Invitation,
}

impl LinkPurpose {
    /// The spelling in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Invitation => "invitation",
        }
    }
}

/// What an email with a link needs: its recipient and the secret of the link.
pub struct LinkEmail {
    /// E-mail address.
    pub email: String,
    /// The person's name.
    pub display_name: String,
    /// The organisation's name.
    pub organisation: String,
    /// The language tag that the organisation chose.
    pub language: Option<String>,
    /// The secret; it exists nowhere else.
    pub token: String,
}

/// Queues jobs for the pending requests; returns how many. `db` has no tenant.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn queue(db: &Db) -> Result<i64> {
    store::queue(db).await
}

/// Creates a link for a user and returns what its email needs; None if the user may not (or no
/// longer) have one. An older reset link ends; an invitation link that the inviter was shown stays
/// valid beside the mailed one. If the same job calls again, the new link replaces its previous
/// one.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn link_email(
    cx: &Cx,
    job: JobId,
    purpose: LinkPurpose,
    user: UserId,
) -> Result<Option<LinkEmail>> {
    let (token, hash) = secret::new_token()?;
    let seconds = match purpose {
        LinkPurpose::Reset => RESET_SECONDS,
        LinkPurpose::Invitation => users::INVITATION_SECONDS,
    };
    let link = SessionId(job.0);
    store::make(cx, link, purpose, user, (&hash, seconds), token).await
}
