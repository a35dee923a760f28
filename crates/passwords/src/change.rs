//! Changing one's own password.

use credentials::{
    MacKeys, User,
    throttle::{Attempt, Outcome},
};
use kernel::{Code, Problem, Result, id::SessionId};
use platform::Cx;

use crate::{device, password, store::passwords as store};

/// A change of one's own password.
#[derive(Clone, Copy)]
pub struct PasswordChange<'a> {
    /// The present password.
    pub current: &'a str,
    /// The new one.
    pub new: &'a str,
    /// The session that goes on.
    pub session: SessionId,
    /// The cookies of known browsers that came with it.
    pub devices: &'a [&'a str],
    /// The client's address.
    pub address: &'a str,
}

/// Changes the caller's password and ends all other sessions. Every known browser is a stranger then; answers the cookie of this one. The attempt
/// counts like one to sign in: a stolen token must not become a way to guess the password.
///
/// # Errors
/// `wrong_credentials` if `current` is not the present one; `invalid_body` if the new one breaks a rule; `too_many_requests`.
pub async fn change_password(cx: &Cx, keys: &MacKeys, user: &User, change: PasswordChange<'_>) -> Result<String> {
    let slug = Some(user.tenant_slug.as_str());
    let browser = device::recognise(&cx.db, keys, change.devices, &user.email, slug).await?;
    let attempt = match browser.filter(|browser| browser.user == user.id) {
        Some(browser) => Attempt::begin_at_device(&browser.id, change.address).await?,
        None => Attempt::begin_sign_in(&user.email, slug, change.address).await?,
    };
    let changed = replace_password(cx, keys, change).await;
    attempt.end(Outcome::of(&changed)).await?;
    changed
}

async fn replace_password(cx: &Cx, keys: &MacKeys, change: PasswordChange<'_>) -> Result<String> {
    let PasswordChange { current, new, session, .. } = change;
    let (stored, known) = store::password_hash(cx).await?;
    // No connection waits while passwords are computed.
    cx.db.release().await;
    if !password::check(current, stored.as_deref(), None).is_right() {
        return Err(Problem::new(Code::WrongCredentials, "the present password is wrong; type it again"));
    }
    let hash = password::hash("/password", new, &known.each_ref().map(String::as_str))?;
    let epoch = store::change_password(cx, session, &hash).await?;
    device::cookie(keys, cx.tenant()?, cx.user()?, epoch)
}
