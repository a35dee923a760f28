//! The user groups of a space, and the groups that can be given a role.

use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{
    Result, Timestamp,
    id::{SpaceId, UserGroupId},
};
use serde::{Deserialize, Serialize};
use spaces::{Action, Group, SpaceGroup};

use crate::members::WireRole;

/// A user group with a role in a space. The highest of a person's roles counts.
#[derive(Schema, Serialize)]
#[schema(list = "groups")]
pub(crate) struct SpaceGroupBody {
    #[schema(as = Uuid)]
    group_id: String,
    name: String,
    /// People in it who are not deleted.
    member_count: i64,
    #[schema(as = WireRole)]
    role: &'static str,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&SpaceGroup> for SpaceGroupBody {
    fn from(group: &SpaceGroup) -> Self {
        Self {
            group_id: group.group_id.to_string(),
            name: group.name.clone(),
            member_count: group.member_count,
            role: group.role.as_str(),
            created_at: group.created_at,
            updated_at: group.updated_at,
        }
    }
}

/// A user group of the organisation, as everyone sees it.
#[derive(Schema, Serialize)]
#[schema(name = "AvailableGroup", list = "user_groups")]
pub(crate) struct GroupBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    /// People in it who are not deleted.
    member_count: i64,
}

impl From<&Group> for GroupBody {
    fn from(group: &Group) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.clone(),
            member_count: group.member_count,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddSpaceGroup {
    #[schema(as = Uuid)]
    group_id: String,
    role: WireRole,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSpaceGroup {
    role: WireRole,
}

pub(crate) async fn list_space_groups(call: Call) -> Result<List<SpaceGroupBody>> {
    let page = spaces::list_groups(call.cx()?, call.param("space_id")?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn add_space_group(
    mut call: CallWith<AddSpaceGroup>,
) -> Result<Idempotent<CreatedJson<SpaceGroupBody>>> {
    let bytes = call.bytes().await?;
    let space: SpaceId = call.param("space_id")?;
    let may = async |_: &AddSpaceGroup| {
        spaces::require(call.cx()?, space, Action::ManageMembers).await.map(|_| ())
    };
    api::create(&call, &bytes, may, async |body: AddSpaceGroup| {
        let group: UserGroupId = body.group_id.parse()?;
        let added = spaces::add_group(call.cx()?, space, group, body.role.into()).await?;
        Ok((format!("/api/v1/spaces/{space}/groups/{group}"), SpaceGroupBody::from(&added)))
    })
    .await
}

pub(crate) async fn update_space_group(
    mut call: CallWith<UpdateSpaceGroup>,
) -> Result<Json<SpaceGroupBody>> {
    let body: UpdateSpaceGroup = call.json().await?;
    let (space, group): (SpaceId, UserGroupId) = (call.param("space_id")?, call.param("group_id")?);
    api::ok(&SpaceGroupBody::from(
        &spaces::update_group(call.cx()?, space, group, body.role.into()).await?,
    ))
}

pub(crate) async fn remove_space_group(call: Call) -> Result<NoContent> {
    let (space, group): (SpaceId, UserGroupId) = (call.param("space_id")?, call.param("group_id")?);
    spaces::remove_group(call.cx()?, space, group).await?;
    api::no_content()
}

contract::shape! {
    pub(crate) struct GroupsParameters {
        /// Part of the name.
        q: Option<String>,
    }
}

pub(crate) async fn list_available_groups(call: Call) -> Result<List<GroupBody>> {
    let query = call.query("q").unwrap_or_default().into_owned();
    let page = spaces::list_user_groups(call.cx()?, &query, call.page()?).await?;
    api::list(&page)
}
