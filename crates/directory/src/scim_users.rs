//! Operations of a directory on users.

use kernel::{
    Problem, ReasonCode, Result, Timestamp,
    id::{self, UserId},
    text,
};
use scim::{UserChange, UserQuery};

use crate::{Directory, Window, directory::taken, store::scim_users as store};

/// A user, as a directory sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryUser {
    /// Ids sort by the time of creation (UUID v7).
    pub id: UserId,
    /// The name that the directory signs them in by; the e-mail address if the directory gave no
    /// other.
    pub user_name: String,
    /// The directory's own id.
    pub external_id: Option<String>,
    /// The name that others see.
    pub display_name: String,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// E-mail address in lower case.
    pub email: String,
    /// Whether they may sign in.
    pub active: bool,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

impl Directory<'_> {
    /// The users that match a filter, oldest first, and their total number.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn list_users(
        &self,
        query: &UserQuery,
        window: Window,
    ) -> Result<(Vec<DirectoryUser>, i64)> {
        if query.no_one {
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

    /// Creates a user with a personal space. They sign in through the organisation's identity
    /// provider and have no password.
    ///
    /// # Errors
    /// `invalid_body`; `conflict` if the user name or address is taken.
    pub async fn create_user(&self, change: &UserChange) -> Result<DirectoryUser> {
        let mut checked = check(change)?;
        let user_name = checked.user_name.clone().unwrap_or_default();
        // Without an address, the user name serves as one, so it must be an address.
        let email =
            checked.email.take().map_or_else(|| text::email("/userName", &user_name), Ok)?;
        let name = match checked.display_name.take().or_else(|| full_name(&checked)) {
            Some(name) => text::line("/displayName", &name, 1, 511)?,
            None => email.split('@').next().unwrap_or_default().to_owned(),
        };
        let user: UserId = self.cx.new_id()?;
        checked.display_name = Some(name);
        checked.email = Some(email);
        if !store::insert(self.cx, user, &checked).await? {
            return Err(taken("/userName", "a user with this userName exists already"));
        }
        self.get_user(user).await
    }

    /// Changes a user. If they may no longer sign in, the same statement ends all their sessions.
    ///
    /// # Errors
    /// `not_found`, `invalid_body`; `conflict` if a name or address is taken, or the tenant would
    /// have no administrator any more.
    pub async fn change_user(&self, user: UserId, change: &UserChange) -> Result<DirectoryUser> {
        let before = self.get_user(user).await?;
        let mut checked = check(change)?;
        // If the user name also was the address, and the new one is an address, they stay the same.
        let renamed = checked.user_name.as_ref().filter(|_| checked.email.is_none());
        if let Some(name) = renamed.filter(|_| before.user_name.eq_ignore_ascii_case(&before.email))
        {
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

    /// Soft-deletes a user and ends their sessions; administrators can restore them.
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
    Problem::conflict(
        ReasonCode::LastAdministrator,
        "an organisation needs an administrator; make another user one first",
    )
}

fn full_name(change: &UserChange) -> Option<String> {
    let parts = [change.given_name.as_ref(), change.family_name.as_ref()];
    let parts: Vec<&str> = parts.into_iter().flatten().flatten().map(String::as_str).collect();
    change.formatted.clone().or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
}

/// Validates a change.
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
