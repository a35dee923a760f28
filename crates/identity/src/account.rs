//! What people do about their own account: see and end their sessions, change their password.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, Result, Timestamp,
    id::{self, SessionId},
};
use platform::Cx;

use crate::{
    MacKeys, User, device, password,
    store::account as store,
    throttle::{Attempt, Outcome},
};

/// A place where somebody is signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Id.
    pub id: SessionId,
    /// As the browser or program names itself.
    pub user_agent: String,
    /// Where it was begun from.
    pub address: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When its tokens were last renewed.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// The caller's sessions that are alive, newest first.
///
/// # Errors
/// What the database says.
pub async fn list_sessions(cx: &Cx, request: PageRequest) -> Result<Page<Session>> {
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |s| Cursor { at: s.created_at, id: s.id.0 }))
}

/// Ends one of the caller's sessions; its tokens are good for nothing from the next request on.
///
/// # Errors
/// `not_found` where it is not the caller's, or has ended.
pub async fn end_session(cx: &Cx, session: SessionId) -> Result<()> {
    if store::end(cx, session).await? { Ok(()) } else { Err(id::not_found("session")) }
}

/// What somebody changes their password with.
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
        Some(browser) => Attempt::begin_at(&browser, change.address).await?,
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
