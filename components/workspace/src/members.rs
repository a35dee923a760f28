//! The members of a space, and the people who could become members.

use api::{Call, Response, wire};
use kernel::{
    Result, Timestamp,
    id::{SpaceId, UserId},
};
use serde::{Deserialize, Serialize};
use spaces::{Action, Colleague, Member, Role};

#[derive(Serialize)]
struct MemberBody {
    user_id: String,
    display_name: String,
    email: String,
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

#[derive(Serialize)]
struct ColleagueBody {
    id: String,
    display_name: String,
    email: String,
}

impl From<&Colleague> for ColleagueBody {
    fn from(person: &Colleague) -> Self {
        Self { id: person.id.to_string(), display_name: person.display_name.clone(), email: person.email.clone() }
    }
}

#[derive(Deserialize, Clone, Copy)]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddMember {
    user_id: String,
    role: WireRole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateMember {
    role: WireRole,
}

pub(crate) async fn list_members(call: Call) -> Result<Response> {
    let page = spaces::list_members(call.cx()?, call.param("space_id")?, call.page()?).await?;
    api::ok(&wire::list::<_, MemberBody>("members", &page))
}

pub(crate) async fn add_member(mut call: Call) -> Result<Response> {
    let bytes = call.bytes().await?;
    let space: SpaceId = call.param("space_id")?;
    let may = async |_: &AddMember| spaces::require(call.cx()?, space, Action::ManageMembers).await.map(|_| ());
    api::create(&call, &bytes, may, async |body: AddMember| {
        let user: UserId = body.user_id.parse()?;
        let member = spaces::add_member(call.cx()?, space, user, body.role.into()).await?;
        Ok((format!("/api/v1/spaces/{space}/members/{user}"), MemberBody::from(&member)))
    })
    .await
}

pub(crate) async fn update_member(mut call: Call) -> Result<Response> {
    let body: UpdateMember = call.json().await?;
    let (space, user): (SpaceId, UserId) = (call.param("space_id")?, call.param("user_id")?);
    api::ok(&MemberBody::from(&spaces::update_member(call.cx()?, space, user, body.role.into()).await?))
}

pub(crate) async fn remove_member(call: Call) -> Result<Response> {
    let (space, user): (SpaceId, UserId) = (call.param("space_id")?, call.param("user_id")?);
    spaces::remove_member(call.cx()?, space, user).await?;
    api::no_content()
}

pub(crate) async fn list_colleagues(call: Call) -> Result<Response> {
    let query = call.query("q").unwrap_or_default().into_owned();
    let page = spaces::list_colleagues(call.cx()?, &query, call.page()?).await?;
    api::ok(&wire::list::<_, ColleagueBody>("users", &page))
}
