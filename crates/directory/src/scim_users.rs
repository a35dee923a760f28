//! What a directory does with users.

use kernel::{
    Code, Problem, Result, Timestamp,
    id::{self, UserId},
    text,
};
use scim::{UserChange, UserQuery};

use crate::{Directory, Window, directory::taken, store::scim_users as store};

/// A user, as a directory sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryUser {
    /// Id.
    pub id: UserId,
    /// What the directory signs them in by; the address where it gave no other.
    pub user_name: String,
    /// The directory's own id.
    pub external_id: Option<String>,
    /// The name that others see.
    pub display_name: String,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// Lower-case address.
    pub email: String,
    /// Whether they may sign in.
    pub active: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Directory<'_> {
    /// The users that a filter holds for, oldest first, and how many there are in all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list_users(&self, query: &UserQuery, window: Window) -> Result<(Vec<DirectoryUser>, i64)> {
        if query.nobody {
            return Ok((Vec::new(), 0));
        }
        store::list(self.cx, query, window).await
    }

    /// One user.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get_user(&self, user: UserId) -> Result<DirectoryUser> {
        store::get(self.cx, user).await?.ok_or_else(|| id::not_found("user"))
    }

    /// Makes a user with a personal space, who signs in through the organisation's identity provider: there is no password.
    ///
    /// # Errors
    /// `invalid_body`; `conflict` if the user name or address is taken.
    pub async fn create_user(&self, change: &UserChange) -> Result<DirectoryUser> {
        let mut checked = check(change)?;
        let user_name = checked.user_name.clone().unwrap_or_default();
        // The user name serves as address where there is no other; then it must be one.
        let email = checked.email.take().map_or_else(|| text::email("/userName", &user_name), Ok)?;
        let name = match checked.display_name.take().or_else(|| full_name(&checked)) {
            Some(name) => text::line("/displayName", &name, 1, 511)?,
            None => email.split('@').next().unwrap_or_default().to_owned(),
        };
        let user: UserId = self.cx.new_id()?;
        checked.display_name = Some(name);
        checked.email = Some(email);
        if !store::insert(self.cx, user, &checked).await? {
            return Err(taken("/userName", "somebody with this userName exists already"));
        }
        self.get_user(user).await
    }

    /// Changes a user. Whoever may not sign in any more loses every session in the same statement.
    ///
    /// # Errors
    /// `not_found`, `invalid_body`; `conflict` if a name or address is taken, or the tenant would have no administrator any more.
    pub async fn change_user(&self, user: UserId, change: &UserChange) -> Result<DirectoryUser> {
        let before = self.get_user(user).await?;
        let mut checked = check(change)?;
        // A user name that was the address and is an address stays it.
        let renamed = checked.user_name.as_ref().filter(|_| checked.email.is_none());
        if let Some(name) = renamed.filter(|_| before.user_name.eq_ignore_ascii_case(&before.email)) {
            checked.email = text::email("/userName", name).ok();
        }
        if checked.display_name.is_none() && change.formatted.is_some() {
            checked.display_name = full_name(&checked);
        }
        if !store::update(self.cx, user, &checked, false).await? {
            return Err(last_administrator());
        }
        self.get_user(user).await
    }

    /// Deletes a user, softly, and ends their sessions; administrators can restore them.
    ///
    /// # Errors
    /// `not_found`; `conflict` if the tenant would have no administrator any more.
    pub async fn delete_user(&self, user: UserId) -> Result<()> {
        self.get_user(user).await?;
        let deleted = store::update(self.cx, user, &UserChange::default(), true).await?;
        if deleted { Ok(()) } else { Err(last_administrator()) }
    }
}

fn last_administrator() -> Problem {
    Problem::new(Code::Conflict, "an organisation needs an administrator; make somebody else one first")
}

fn full_name(change: &UserChange) -> Option<String> {
    let parts = [change.given_name.as_ref(), change.family_name.as_ref()];
    let parts: Vec<&str> = parts.into_iter().flatten().flatten().map(String::as_str).collect();
    change.formatted.clone().or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
}

/// The checked form of a change.
fn check(change: &UserChange) -> Result<UserChange> {
    let line = |pointer, text: &String| text::line(pointer, text, 1, 255);
    let nested = |pointer, value: &Option<Option<String>>| {
        value.as_ref().map(|v| v.as_ref().map(|t| line(pointer, t)).transpose()).transpose()
    };
    Ok(UserChange {
        user_name: change.user_name.as_ref().map(|t| line("/userName", t)).transpose()?,
        external_id: nested("/externalId", &change.external_id)?,
        display_name: change.display_name.as_ref().map(|t| line("/displayName", t)).transpose()?,
        given_name: nested("/name/givenName", &change.given_name)?,
        family_name: nested("/name/familyName", &change.family_name)?,
        formatted: change.formatted.as_ref().map(|t| line("/name/formatted", t)).transpose()?,
        email: change.email.as_ref().map(|t| text::email("/emails", t)).transpose()?,
        active: change.active,
    })
}
