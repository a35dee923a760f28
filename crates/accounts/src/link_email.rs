//! Emails with a link: a new password for a person who forgot it, and the mailed copy of an invitation.

use credentials::secret;
use kernel::{
    Result,
    id::{JobId, SessionId, UserId},
};
use platform::{Cx, pg::Db};
use serde::{Deserialize, Serialize};

use crate::{store::links as store, users};

/// How long a link for a new password is good for.
const RESET_SECONDS: i32 = 3600;

/// What a mailed link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// A new password.
    Reset,
    /// The first one.
    Invitation,
}

impl LinkPurpose {
    /// As the database spells it.
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
    /// Address.
    pub email: String,
    /// The person's name.
    pub display_name: String,
    /// The organisation's name.
    pub organisation: String,
    /// The language tag that the organisation has chosen.
    pub language: Option<String>,
    /// The secret; it exists nowhere else.
    pub token: String,
}

/// Turns the requests that wait into jobs, for the worker; answers how many. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn queue(db: &Db) -> Result<i64> {
    store::queue(db).await
}

/// Makes a link for a user and returns what its email needs; None if they must not have one (any more). An older link for a new
/// password ends; an invitation that was shown to the inviter stays good beside the mailed one. Called again by the same job it replaces
/// what that job made before.
///
/// # Errors
/// What the database says.
pub async fn link_email(cx: &Cx, job: JobId, purpose: LinkPurpose, user: UserId) -> Result<Option<LinkEmail>> {
    let (token, hash) = secret::new_token()?;
    let seconds = match purpose {
        LinkPurpose::Reset => RESET_SECONDS,
        LinkPurpose::Invitation => users::INVITATION_SECONDS,
    };
    let link = SessionId(job.0);
    store::make(cx, link, purpose, user, (&hash, seconds), token).await
}
