//! Password reset: the request for a link, and its use.

use credentials::{
    secret,
    throttle::{self, Attempt, Outcome, Purpose},
};
use kernel::{Code, Problem, Result, id::JobId, text};
use platform::{
    Actor, Cx, Origin,
    pg::{Db, Source},
};

use crate::{password, store::links as store};

/// Stores a request for a link, whether or not an account has this address: the worker checks that.
/// Every request counts.
///
/// # Errors
/// `invalid_body`, `too_many_requests`, `unavailable`.
pub async fn request(
    source: Source,
    email: &str,
    tenant_slug: Option<&str>,
    address: &str,
) -> Result<()> {
    let email = &text::email("/email", email)?;
    Attempt::begin(Purpose::PasswordReset, Some(email), address).await?;
    store::request(&Db::new(source, None), platform::random::id::<JobId>()?, email, tenant_slug)
        .await
}

/// Sets a new password with the token of a link, and ends all sessions of the user.
///
/// # Errors
/// `invalid_link`, `invalid_body`, `too_many_requests`.
pub async fn complete(source: Source, token: &str, new: &str, origin: Origin) -> Result<()> {
    let attempt = Attempt::begin(Purpose::Link, None, &origin.address).await?;
    let done = set_password(source, token, new, origin).await;
    attempt.end(Outcome::of(&done)).await?;
    // The owner of the mailbox must not wait because a stranger guessed.
    throttle::reset(&done?).await
}

/// Returns the user's address.
async fn set_password(source: Source, token: &str, new: &str, origin: Origin) -> Result<String> {
    let invalid = || {
        Problem::new(
            Code::InvalidLink,
            "the link was used, replaced or is out of date; ask for a new one",
        )
    };
    let token = secret::hash(token.as_bytes());
    let without_tenant = Db::new(source.clone(), None);
    let tenant = store::tenant_of(&without_tenant, &token).await?.ok_or_else(invalid)?;
    without_tenant.release().await;
    let cx = Cx::new(source, Some(tenant), Actor::Anonymous, origin);
    let (email, display_name) = store::person_of_reset(&cx, &token).await?.ok_or_else(invalid)?;
    // No connection is held while passwords are hashed.
    cx.db.release().await;
    let hash = password::hash("/password", new, &[&email, &display_name])?;
    store::reset(&cx, &token, &hash).await?.ok_or_else(invalid)
}
