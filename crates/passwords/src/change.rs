//! Change of the caller's own password.

use credentials::{
    MacKeys, User,
    throttle::{Attempt, Outcome},
};
use kernel::{Code, Problem, Result, id::SessionId};
use platform::Cx;

use crate::{device, password, store::passwords as store};

/// A change of the caller's own password.
#[derive(Clone, Copy)]
pub struct PasswordChange<'a> {
    /// The current password.
    pub current: &'a str,
    /// The new password.
    pub new: &'a str,
    /// The session that stays valid.
    pub session: SessionId,
    /// The cookies of known browsers in the request.
    pub devices: &'a [&'a str],
    /// The client's address.
    pub address: &'a str,
}

/// Changes the caller's password and ends all other sessions. All known browsers become unknown;
/// returns a new cookie for this one. The attempt counts like a sign-in: a stolen token must not
/// allow guessing the password.
///
/// # Errors
/// `wrong_credentials` if `current` is not the current password; `invalid_body` if the new one
/// breaks a rule; `too_many_requests`.
pub async fn change_password(
    cx: &Cx,
    keys: &MacKeys,
    user: &User,
    change: PasswordChange<'_>,
) -> Result<String> {
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
    // No connection is held while passwords are hashed.
    cx.db.release().await;
    if !password::check(current, stored.as_deref(), None).is_right() {
        return Err(Problem::new(
            Code::WrongCredentials,
            "the present password is wrong; type it again",
        ));
    }
    let hash = password::hash("/password", new, &known.each_ref().map(String::as_str))?;
    let epoch = store::change_password(cx, session, &hash).await?;
    device::cookie(keys, cx.tenant()?, cx.user()?, epoch)
}
