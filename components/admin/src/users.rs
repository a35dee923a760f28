//! The users of the organisation.

use accounts::users::{self, Filter, Sort, State, Update, UserAccount};
use api::{Call, CallWith, CreatedJson, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{RoleId, UserId},
};
use platform::TenantRole;
use serde::{Deserialize, Serialize};

contract::words! {
    StateName = ["invited", "active", "inactive", "deleted"];
    SortName = ["newest", "name", "email", "last_login"];
}

contract::shape! {
    pub(crate) struct PeopleParameters {
        /// Part of the name or address.
        q: Option<String>,
        /// All but the deleted, where it is absent.
        #[schema(as = StateName)]
        state: Option<String>,
        /// `last_login`: who signed in last comes first.
        #[schema(as = SortName, extend("default" = "newest"))]
        sort: Option<String>,
    }
}

/// A person of the organisation, as its administrators see them.
#[derive(Schema, Serialize)]
#[schema(list = "users")]
pub(crate) struct PersonBody {
    #[schema(as = Uuid)]
    id: String,
    email: String,
    display_name: String,
    #[schema(as = wire::TenantRoleName)]
    role: &'static str,
    #[schema(as = Uuid)]
    custom_role_id: Option<String>,
    /// What the role, built-in or custom, allows.
    #[schema(as = wire::PermissionName)]
    permissions: Vec<&'static str>,
    #[schema(as = StateName)]
    state: &'static str,
    /// Until when who is invited can accept; null where they need a new invitation, as after
    /// another role or address.
    #[schema(as = DateTime)]
    invitation_expires_at: Option<String>,
    #[schema(as = DateTime)]
    last_login_at: Option<String>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&UserAccount> for PersonBody {
    fn from(person: &UserAccount) -> Self {
        Self {
            id: person.id.to_string(),
            email: person.email.clone(),
            display_name: person.display_name.clone(),
            role: person.role.as_str(),
            custom_role_id: person.custom_role.map(|id| id.to_string()),
            permissions: person.permissions.names(),
            state: person.state.as_str(),
            invitation_expires_at: person.invitation_expires_at.map(|at| at.to_string()),
            last_login_at: person.last_login_at.map(|at| at.to_string()),
            created_at: person.created_at,
            updated_at: person.updated_at,
        }
    }
}

#[derive(Schema, Serialize)]
pub(crate) struct InvitedUserBody {
    user: PersonBody,
    invitation: wire::InvitationBody,
}

#[derive(Clone, Copy, Schema, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireRole {
    User,
    Manager,
    Admin,
}

impl From<WireRole> for TenantRole {
    fn from(role: WireRole) -> Self {
        match role {
            WireRole::User => Self::User,
            WireRole::Manager => Self::Manager,
            WireRole::Admin => Self::Admin,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteUser {
    #[schema(length(min = 3, max = 254))]
    email: String,
    /// The part before the @ where it is empty.
    #[serde(default)]
    #[schema(length(max = 100))]
    display_name: String,
    role: WireRole,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateUser {
    #[schema(length(min = 1, max = 100))]
    display_name: Option<String>,
    role: Option<WireRole>,
    /// Null takes the custom role away.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(as = Uuid)]
    custom_role_id: Option<Option<String>>,
    /// Whether they may sign in; false ends their sessions.
    active: Option<bool>,
}

pub(crate) async fn list_users(call: Call) -> Result<List<PersonBody>> {
    let choice = |name: &str, expected: &str, got: &str| {
        Problem::new(Code::InvalidQuery, format!("{name}: expected {expected}, got `{got}`"))
    };
    let state = call.query("state").map(|text| {
        State::parse(&text)
            .ok_or_else(|| choice("state", "invited, active, inactive or deleted", &text))
    });
    let sort = call.query("sort").map(|text| {
        Sort::parse(&text).ok_or_else(|| choice("sort", "newest, name, email or last_login", &text))
    });
    let query = call.query("q").unwrap_or_default().into_owned();
    let filter =
        Filter { query, state: state.transpose()?, sort: sort.transpose()?.unwrap_or_default() };
    let page = users::list_users(call.cx()?, &filter, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn invite_user(
    mut call: CallWith<InviteUser>,
) -> Result<CreatedJson<InvitedUserBody>> {
    let body: InviteUser = call.json().await?;
    let (person, invitation) =
        users::invite(call.cx()?, &body.email, &body.display_name, body.role.into()).await?;
    let location = format!("/api/v1/admin/users/{}", person.id);
    // No idempotency key here: the recorded response would hold the link. The address can be taken
    // only once.
    let invited = InvitedUserBody {
        user: PersonBody::from(&person),
        invitation: wire::InvitationBody::of(&invitation.token, invitation.expires_at).await?,
    };
    api::created(&location, &invited)
}

pub(crate) async fn get_user(call: Call) -> Result<Json<PersonBody>> {
    api::ok(&PersonBody::from(&users::get_user(call.cx()?, call.param("user_id")?).await?))
}

pub(crate) async fn update_user(mut call: CallWith<UpdateUser>) -> Result<Json<PersonBody>> {
    let body: UpdateUser = call.json().await?;
    let id: UserId = call.param("user_id")?;
    let custom_role = body
        .custom_role_id
        .map(|role| role.map(|id| id.parse::<RoleId>()).transpose())
        .transpose()?;
    let update = Update {
        display_name: body.display_name.as_deref(),
        role: body.role.map(TenantRole::from),
        custom_role,
        active: body.active,
    };
    let person = users::update_user(call.cx()?, id, update).await?;
    api::ok(&PersonBody::from(&person))
}

pub(crate) async fn delete_user(call: Call) -> Result<NoContent> {
    users::delete_user(call.cx()?, call.param("user_id")?).await?;
    api::no_content()
}

pub(crate) async fn renew_invitation(call: Call) -> Result<Json<wire::InvitationBody>> {
    let invitation = users::invite_again(call.cx()?, call.param("user_id")?).await?;
    api::json(&wire::InvitationBody::of(&invitation.token, invitation.expires_at).await?)
}

pub(crate) async fn restore_user(call: Call) -> Result<Json<PersonBody>> {
    api::ok(&PersonBody::from(&users::restore_user(call.cx()?, call.param("user_id")?).await?))
}
