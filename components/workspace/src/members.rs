//! The members of a space, and the users who can become members.

use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{
    Result, Timestamp,
    id::{SpaceId, UserId},
};
use serde::{Deserialize, Serialize};
use spaces::{Action, Colleague, Member, Role};

/// A member of a space.
#[derive(Schema, Serialize)]
#[schema(list = "members")]
pub(crate) struct MemberBody {
    #[schema(as = Uuid)]
    user_id: String,
    display_name: String,
    email: String,
    #[schema(as = WireRole)]
    role: &'static str,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Member> for MemberBody {
    fn from(member: &Member) -> Self {
        Self {
            user_id: member.user_id.to_string(),
            display_name: member.display_name.clone(),
            email: member.email.clone(),
            role: member.role.as_str(),
            created_at: member.created_at,
            updated_at: member.updated_at,
        }
    }
}

/// A person of the same organisation.
#[derive(Schema, Serialize)]
#[schema(list = "users")]
pub(crate) struct ColleagueBody {
    #[schema(as = Uuid)]
    id: String,
    display_name: String,
    email: String,
}

impl From<&Colleague> for ColleagueBody {
    fn from(person: &Colleague) -> Self {
        Self {
            id: person.id.to_string(),
            display_name: person.display_name.clone(),
            email: person.email.clone(),
        }
    }
}

#[derive(Clone, Copy, Schema, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WireRole {
    Viewer,
    Editor,
    Owner,
}

impl From<WireRole> for Role {
    fn from(role: WireRole) -> Self {
        match role {
            WireRole::Viewer => Self::Viewer,
            WireRole::Editor => Self::Editor,
            WireRole::Owner => Self::Owner,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddMember {
    #[schema(as = Uuid)]
    user_id: String,
    role: WireRole,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMember {
    role: WireRole,
}

pub(crate) async fn list_members(call: Call) -> Result<List<MemberBody>> {
    let page = spaces::list_members(call.cx()?, call.param("space_id")?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn add_member(
    mut call: CallWith<AddMember>,
) -> Result<Idempotent<CreatedJson<MemberBody>>> {
    let bytes = call.bytes().await?;
    let space: SpaceId = call.param("space_id")?;
    let may = async |_: &AddMember| {
        spaces::require(call.cx()?, space, Action::ManageMembers).await.map(|_| ())
    };
    api::create(&call, &bytes, may, async |body: AddMember| {
        let user: UserId = body.user_id.parse()?;
        let member = spaces::add_member(call.cx()?, space, user, body.role.into()).await?;
        Ok((format!("/api/v1/spaces/{space}/members/{user}"), MemberBody::from(&member)))
    })
    .await
}

pub(crate) async fn update_member(mut call: CallWith<UpdateMember>) -> Result<Json<MemberBody>> {
    let body: UpdateMember = call.json().await?;
    let (space, user): (SpaceId, UserId) = (call.param("space_id")?, call.param("user_id")?);
    api::ok(&MemberBody::from(
        &spaces::update_member(call.cx()?, space, user, body.role.into()).await?,
    ))
}

pub(crate) async fn remove_member(call: Call) -> Result<NoContent> {
    let (space, user): (SpaceId, UserId) = (call.param("space_id")?, call.param("user_id")?);
    spaces::remove_member(call.cx()?, space, user).await?;
    api::no_content()
}

contract::shape! {
    pub(crate) struct PeopleParameters {
        /// Part of the name or address.
        q: Option<String>,
    }
}

pub(crate) async fn list_colleagues(call: Call) -> Result<List<ColleagueBody>> {
    let query = call.query("q").unwrap_or_default().into_owned();
    let page = spaces::list_colleagues(call.cx()?, &query, call.page()?).await?;
    api::list(&page)
}
