//! Looking after the people of a tenant: invite, change, deactivate, delete, restore.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, Result, Timestamp,
    id::{self, SessionId, UserId},
    text,
};
use platform::{Actor, Cx, TenantRole};

use crate::{
    keys, policy,
    policy::Action,
    session,
    store::people::{self as store, Change},
};

/// How long an invitation is good for.
const INVITATION_SECONDS: i32 = 7 * 24 * 3600;

/// Where somebody stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Has not set a password yet.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot, until activated again.
    Inactive,
    /// Gone, but can be restored.
    Deleted,
}

impl State {
    /// As the wire spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }

    /// Reads [`State::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Invited, Self::Active, Self::Inactive, Self::Deleted].into_iter().find(|state| state.as_str() == text)
    }
}

/// Somebody of the tenant, as administrators see them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Id.
    pub id: UserId,
    /// Lower-case address.
    pub email: String,
    /// The name that others see.
    pub display_name: String,
    /// Role in the tenant.
    pub role: TenantRole,
    /// Where they stand.
    pub state: State,
    /// When they last signed in.
    pub last_login_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Which people a list has: all that are not deleted, unless a state is named.
#[derive(Clone, Default, Debug)]
pub struct Filter {
    /// Part of the name or address.
    pub query: String,
    /// Only those who stand there.
    pub state: Option<State>,
}

/// A link that lets somebody in once, shown to whoever invites and to nobody again.
pub struct Invitation {
    /// The secret.
    pub token: String,
    /// Until when.
    pub expires_at: Timestamp,
}

fn role(cx: &Cx) -> Result<TenantRole> {
    match cx.actor {
        Actor::User { role, .. } => Ok(role),
        Actor::Worker | Actor::Anonymous => Err(Problem::internal("people are looked after by people")),
    }
}

/// Refuses what the caller's role does not allow.
fn require(cx: &Cx, action: Action) -> Result<()> {
    if policy::may(role(cx)?, action) {
        return Ok(());
    }
    let detail = match action {
        Action::Read => "looking after people needs the role `manager` or `admin`".to_owned(),
        Action::Manage(other) => format!("the role `{}` is above what you may give or change", other.as_str()),
    };
    Err(Problem::new(Code::NotAllowed, detail))
}

/// The people of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_people(cx: &Cx, filter: &Filter, request: PageRequest) -> Result<Page<Person>> {
    require(cx, Action::Read)?;
    let (items, total) = store::list(cx, filter, request).await?;
    Ok(Page::cut(items, total, request, |p| Cursor { at: p.created_at, id: p.id.0 }))
}

/// One of them, deleted or not.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_person(cx: &Cx, user: UserId) -> Result<Person> {
    require(cx, Action::Read)?;
    store::get(cx, user).await?.ok_or_else(|| id::not_found("user"))
}

/// Invites somebody; they choose their own password.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `conflict` where the address is taken.
pub async fn invite(cx: &Cx, email: &str, display_name: &str, role: TenantRole) -> Result<(Person, Invitation)> {
    require(cx, Action::Manage(role))?;
    let email = text::email("/email", email)?;
    let name = if display_name.trim().is_empty() { email.split('@').next().unwrap_or_default() } else { display_name };
    let name = text::line("/display_name", name, 1, 100)?;
    let user: UserId = cx.new_id()?;
    store::insert(cx, user, &email, &name, role).await?;
    let invitation = new_link(cx, user).await?;
    Ok((get_person(cx, user).await?, invitation))
}

/// A new link for somebody who was invited; older ones end.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` where they have signed in already.
pub async fn invite_again(cx: &Cx, user: UserId) -> Result<Invitation> {
    let person = manageable(cx, user).await?;
    if person.state != State::Invited {
        return Err(Problem::new(Code::Conflict, "this person is not waiting for an invitation"));
    }
    new_link(cx, user).await
}

async fn new_link(cx: &Cx, user: UserId) -> Result<Invitation> {
    let token = keys::hex(&platform::random::bytes::<32>()?);
    let link: SessionId = cx.new_id()?;
    let expires_at =
        store::replace_invitation(cx, link, user, &session::hash(token.as_bytes()), INVITATION_SECONDS).await?;
    Ok(Invitation { token, expires_at })
}

/// A person whom the caller may change.
async fn manageable(cx: &Cx, user: UserId) -> Result<Person> {
    let person = get_person(cx, user).await?;
    require(cx, Action::Manage(person.role))?;
    Ok(person)
}

/// Changes name, role, or whether they may sign in. Whoever may not loses access with the next request.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`; `conflict` where the tenant would have no administrator any more.
pub async fn update_person(
    cx: &Cx,
    user: UserId,
    display_name: Option<&str>,
    role: Option<TenantRole>,
    active: Option<bool>,
) -> Result<Person> {
    let person = manageable(cx, user).await?;
    if person.state == State::Deleted {
        return Err(id::not_found("user"));
    }
    if let Some(role) = role {
        require(cx, Action::Manage(role))?;
    }
    let display_name = display_name.map(|name| text::line("/display_name", name, 1, 100)).transpose()?;
    let change = Change { display_name: display_name.as_deref(), role, active, delete: false };
    apply(cx, user, &change).await?;
    get_person(cx, user).await
}

/// Deletes somebody: no access, no mention in lists. What they made stays, and they can be restored.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` where the tenant would have no administrator any more.
pub async fn delete_person(cx: &Cx, user: UserId) -> Result<()> {
    if manageable(cx, user).await?.state == State::Deleted {
        return Err(id::not_found("user"));
    }
    apply(cx, user, &Change { delete: true, ..Change::default() }).await
}

async fn apply(cx: &Cx, user: UserId, change: &Change<'_>) -> Result<()> {
    if store::update(cx, user, change).await? {
        return Ok(());
    }
    Err(Problem::new(Code::Conflict, "an organisation needs an administrator; make somebody else one first"))
}

/// Brings somebody back who was deleted.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` where the address was given to somebody else meanwhile, or they are not deleted.
pub async fn restore_person(cx: &Cx, user: UserId) -> Result<Person> {
    if manageable(cx, user).await?.state != State::Deleted {
        return Err(Problem::new(Code::Conflict, "this person is not deleted"));
    }
    store::restore(cx, user).await?;
    get_person(cx, user).await
}
