//! Management of the users of a tenant: invite, change, deactivate, delete, restore.

use access::{Action, Permission, Permissions};
use credentials::{secret, throttle};
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, RoleId, UserId},
    text,
};
use platform::{Cx, TenantRole};

use crate::{
    role::{self, Role},
    store::users::{self as store, Change, CheckedUser},
};

/// How long an invitation is valid.
pub(crate) const INVITATION_SECONDS: i32 = 7 * 24 * 3600;

/// The state of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Has not set a password yet.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot sign in until activated again.
    Inactive,
    /// Deleted, but can be restored.
    Deleted,
}

impl State {
    /// The spelling on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }

    /// Parses [`State::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Invited, Self::Active, Self::Inactive, Self::Deleted]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A user of the tenant, as administrators see them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserAccount {
    /// Ids sort by the time of creation (UUID v7).
    pub id: UserId,
    /// E-mail address in lower case.
    pub email: String,
    /// The name that others see.
    pub display_name: String,
    /// Role in the tenant; `user` if they have a custom one.
    pub role: TenantRole,
    /// The custom role, if they have one.
    pub custom_role: Option<RoleId>,
    /// What the role allows.
    pub permissions: Permissions,
    /// The state of the account.
    pub state: State,
    /// When the pending invitation expires; absent if the user needs a new link.
    pub invitation_expires_at: Option<Timestamp>,
    /// When they last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// The order of a list of people.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Sort {
    /// Newest first.
    #[default]
    Newest,
    /// By name.
    Name,
    /// By address.
    Email,
    /// Latest sign-in first; users who never signed in come last.
    LastLogin,
}

impl Sort {
    /// Parses the name on the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "newest" => Self::Newest,
            "name" => Self::Name,
            "email" => Self::Email,
            "last_login" => Self::LastLogin,
            _ => return None,
        })
    }
}

/// Which users a list contains, and their order: all that are not deleted, unless a state is named.
#[derive(Clone, Default, Debug)]
pub struct Filter {
    /// Part of the name or address.
    pub query: String,
    /// Only users in this state.
    pub state: Option<State>,
    /// The order.
    pub sort: Sort,
}

/// A link that works once; only the inviter sees it, and only in this response.
pub struct Invitation {
    /// The secret.
    pub token: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The users of the tenant.
///
/// # Errors
/// `not_allowed`.
pub async fn list_users(
    cx: &Cx,
    filter: &Filter,
    request: PageRequest,
) -> Result<Page<UserAccount>> {
    cx.require(Action::ReadPeople)?;
    let (items, total) = store::list(cx, filter, request).await?;
    Ok(Page::cut(items, total, request, |p| Cursor { at: p.created_at, id: p.id.0 }))
}

/// One user, deleted or not.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_user(cx: &Cx, user: UserId) -> Result<UserAccount> {
    cx.require(Action::ReadPeople)?;
    store::get(cx, user).await?.ok_or_else(|| id::not_found("user"))
}

/// Invites a user; they choose their own password.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `conflict` if the address is taken; `too_many_requests` after too
/// many invitations.
pub async fn invite(
    cx: &Cx,
    email: &str,
    display_name: &str,
    role: TenantRole,
) -> Result<(UserAccount, Invitation)> {
    cx.require(Action::ManagePerson(Permissions::of(role)))?;
    let email = text::email("/email", email)?;
    let name = if display_name.trim().is_empty() {
        email.split('@').next().unwrap_or_default()
    } else {
        display_name
    };
    let name = text::line("/display_name", name, 1, 100)?;
    count_invitation(cx, &email).await?;
    let user: UserId = cx.new_id()?;
    store::insert(cx, user, &email, &name, role).await?;
    let invitation = new_link(cx, user).await?;
    Ok((get_user(cx, user).await?, invitation))
}

/// Creates a new link for an invited user; older links end.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if they have signed in already; `too_many_requests` after
/// too many invitations.
pub async fn invite_again(cx: &Cx, user: UserId) -> Result<Invitation> {
    let person = manageable(cx, user).await?;
    if person.state == State::Invited {
        count_invitation(cx, &person.email).await?;
    }
    new_link(cx, user).await
}

/// Each invitation mails an address and names that the inviter chooses, so invitations are rate
/// limited.
async fn count_invitation(cx: &Cx, email: &str) -> Result<()> {
    throttle::invited(cx.tenant()?, &cx.user()?.to_string(), email).await
}

async fn new_link(cx: &Cx, user: UserId) -> Result<Invitation> {
    let (token, hash) = secret::new_token()?;
    let ids = (cx.new_id()?, cx.new_id()?);
    loop {
        let person = manageable(cx, user).await?;
        if person.state != State::Invited {
            return Err(Problem::conflict(
                ReasonCode::NotInvited,
                "this person is not waiting for an invitation",
            ));
        }
        // None: the user or their role changed meanwhile. With the link they might get more rights
        // than the caller may assign.
        let made =
            store::replace_invitation(cx, ids, &seen(&person, None), &hash, INVITATION_SECONDS)
                .await?;
        if let Some(expires_at) = made {
            return Ok(Invitation { token, expires_at });
        }
    }
}

fn seen<'a>(person: &'a UserAccount, given: Option<&Role>) -> CheckedUser<'a> {
    let allowed = |p: &&Permission| {
        person.permissions.has(**p) || given.is_some_and(|role| role.permissions.has(**p))
    };
    let not_allowed = Permission::ALL.iter().filter(|p| !allowed(p)).map(|p| p.as_str().to_owned());
    CheckedUser { person, not_allowed: not_allowed.collect() }
}

/// A user whom the caller may change.
async fn manageable(cx: &Cx, user: UserId) -> Result<UserAccount> {
    let person = get_user(cx, user).await?;
    cx.require(Action::ManagePerson(person.permissions))?;
    Ok(person)
}

/// A user whom the caller may change, and who is not deleted.
async fn changeable(cx: &Cx, user: UserId) -> Result<UserAccount> {
    let person = manageable(cx, user).await?;
    if person.state == State::Deleted { Err(id::not_found("user")) } else { Ok(person) }
}

/// A change of a user; absent members stay as they are.
#[derive(Clone, Copy, Default, Debug)]
pub struct Update<'a> {
    /// The name that others see.
    pub display_name: Option<&'a str>,
    /// The built-in role; it replaces a custom one.
    pub role: Option<TenantRole>,
    /// A custom role; `Some(None)` removes it.
    pub custom_role: Option<Option<RoleId>>,
    /// Whether they may sign in.
    pub active: Option<bool>,
}

/// Changes the name, the role, or whether the user may sign in. A deactivated user loses access
/// with the next request; an invited user with another role needs a new link.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`; `conflict` if the tenant would have no administrator
/// any more.
pub async fn update_user(cx: &Cx, user: UserId, update: Update<'_>) -> Result<UserAccount> {
    let decided = decide(cx, user, update).await?;
    let display_name =
        update.display_name.map(|name| text::line("/display_name", name, 1, 100)).transpose()?;
    let change = Change {
        display_name: display_name.as_deref(),
        role: update.role,
        custom_role: update.custom_role,
        active: update.active,
        delete: false,
    };
    apply(cx, decided, update, &change).await?;
    get_user(cx, user).await
}

/// Checks that the caller may make this change; returns the user and their future custom role.
async fn decide(cx: &Cx, user: UserId, update: Update<'_>) -> Result<(UserAccount, Option<Role>)> {
    let person = changeable(cx, user).await?;
    // Without a custom role, a user has the permissions of the built-in one.
    let built_in = if update.custom_role == Some(None) { Some(TenantRole::User) } else { None };
    if let Some(role) = update.role.or(built_in) {
        cx.require(Action::ManagePerson(Permissions::of(role)))?;
    }
    let Some(Some(custom)) = update.custom_role else { return Ok((person, None)) };
    if update.role.is_some_and(|role| role != TenantRole::User) {
        return Err(Problem::refused_field(
            "/custom_role_id",
            ReasonCode::CustomRoleBeside,
            "expected no custom role beside `manager` or `admin`",
        ));
    }
    let role = role::get(cx, custom).await?.ok_or_else(|| no_role(custom))?;
    cx.require(Action::ManagePerson(role.permissions))?;
    Ok((person, Some(role)))
}

fn no_role(role: RoleId) -> Problem {
    Problem::refused_field(
        "/custom_role_id",
        ReasonCode::RoleUnknown,
        format!("expected a role of this organisation, got `{role}`"),
    )
}

/// Deletes a user: no access, no mention in lists. What they created stays, and they can be
/// restored.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if the tenant would have no administrator any more.
pub async fn delete_user(cx: &Cx, user: UserId) -> Result<()> {
    let decided = decide(cx, user, Update::default()).await?;
    apply(cx, decided, Update::default(), &Change { delete: true, ..Change::default() }).await
}

/// Applies a change that was checked; checks again if the user got another role meanwhile, or the
/// role more permissions.
async fn apply(
    cx: &Cx,
    mut decided: (UserAccount, Option<Role>),
    update: Update<'_>,
    change: &Change<'_>,
) -> Result<()> {
    while !store::update(cx, &seen(&decided.0, decided.1.as_ref()), change).await? {
        let now = decide(cx, decided.0.id, update).await?;
        let by = |(person, given): &(UserAccount, Option<Role>)| {
            (
                person.role,
                person.custom_role,
                person.permissions,
                given.as_ref().map(|role| role.permissions),
            )
        };
        if by(&now) == by(&decided) {
            let detail = "an organisation needs an administrator; make another user one first";
            return Err(Problem::conflict(ReasonCode::LastAdministrator, detail));
        }
        decided = now;
    }
    Ok(())
}

/// Restores a deleted user.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if another user has the address meanwhile, or the user is
/// not deleted.
pub async fn restore_user(cx: &Cx, user: UserId) -> Result<UserAccount> {
    loop {
        let person = manageable(cx, user).await?;
        if person.state != State::Deleted {
            return Err(Problem::conflict(ReasonCode::NotDeleted, "this person is not deleted"));
        }
        // False: the user or their role changed meanwhile.
        if store::restore(cx, &seen(&person, None)).await? {
            return get_user(cx, user).await;
        }
    }
}
