//! Links by mail: a new password for who forgot it, and the mailed copy of an invitation.

use kernel::{
    Code, Problem, Result, hex,
    id::{JobId, SessionId, UserId},
    text,
};
use platform::{
    Actor, Cx, Origin,
    pg::{Db, Source},
};
use serde::{Deserialize, Serialize};

use crate::{
    password, session,
    store::{self, links},
    throttle::{self, Attempt, Outcome},
};

/// How long a link for a new password is good for.
const RESET_SECONDS: i32 = 3600;

/// What a mailed link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A new password.
    Reset,
    /// The first one.
    Invitation,
}

impl Purpose {
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

/// Stores a request for a link, whether or not an account has this address: the worker finds out. Every request counts.
///
/// # Errors
/// `invalid_body`, `too_many_requests`, `unavailable`.
pub async fn request(source: Source, email: &str, tenant_slug: Option<&str>, address: &str) -> Result<()> {
    let email = &text::email("/email", email)?;
    Attempt::begin(throttle::Purpose::PasswordReset, Some(email), address).await?;
    links::request(&Db::new(source, None), platform::random::id::<JobId>()?, email, tenant_slug).await
}

/// Turns the requests that wait into jobs, for the worker; answers how many. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn queue(db: &Db) -> Result<i64> {
    links::queue(db).await
}

/// Makes a link for a user and returns what its email needs; None if they must not have one (any more). An older link for a new
/// password ends; an invitation that was shown to the inviter stays good beside the mailed one. Called again by the same job it replaces
/// what that job made before.
///
/// # Errors
/// What the database says.
pub async fn link_email(cx: &Cx, job: JobId, purpose: Purpose, user: UserId) -> Result<Option<LinkEmail>> {
    let token = hex::encode(&platform::random::bytes::<32>()?);
    let seconds = match purpose {
        Purpose::Reset => RESET_SECONDS,
        Purpose::Invitation => crate::users::INVITATION_SECONDS,
    };
    let link = SessionId(job.0);
    links::make(cx, link, purpose, user, (&session::hash(token.as_bytes()), seconds), token).await
}

/// Sets a new password with the token of a link, and ends all sessions of its person.
///
/// # Errors
/// `invalid_link`, `invalid_body`, `too_many_requests`.
pub async fn complete(source: Source, token: &str, new: &str, origin: Origin) -> Result<()> {
    let attempt = Attempt::begin(throttle::Purpose::Link, None, &origin.address).await?;
    let done = set_password(source, token, new, origin).await;
    attempt.end(Outcome::of(&done)).await?;
    // Whoever reads the mailbox need not wait because somebody else guessed.
    throttle::forget(&done?).await
}

/// Answers the address of the person.
async fn set_password(source: Source, token: &str, new: &str, origin: Origin) -> Result<String> {
    let invalid =
        || Problem::new(Code::InvalidLink, "the link was used, replaced or is out of date; ask for a new one");
    let token = session::hash(token.as_bytes());
    let nobody = Db::new(source.clone(), None);
    let tenant = store::link_tenant(&nobody, &token).await?.ok_or_else(invalid)?;
    nobody.release().await;
    let cx = Cx::new(source, Some(tenant), Actor::Anonymous, origin);
    let (email, display_name) = links::person_of_reset(&cx, &token).await?.ok_or_else(invalid)?;
    // No connection waits while passwords are computed.
    cx.db.release().await;
    let hash = password::hash("/password", new, &[&email, &display_name])?;
    links::reset(&cx, &token, &hash).await?.ok_or_else(invalid)
}
