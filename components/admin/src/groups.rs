//! The user groups of the organisation, and their members.

use access::Action;
use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use directory::groups::{self, GroupMember, UserGroup};
use kernel::{
    Result, Timestamp,
    id::{UserGroupId, UserId},
};
use serde::{Deserialize, Serialize};

contract::words! {
    MemberState = ["invited", "active", "inactive"];
}

contract::shape! {
    pub(crate) struct GroupsParameters {
        /// Part of the name.
        q: Option<String>,
    }
}

/// A group of people of the organisation.
#[derive(Schema, Serialize)]
#[schema(list = "user_groups")]
pub(crate) struct UserGroupBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    /// Its id in the organisation's directory.
    external_id: Option<String>,
    /// People in it who are not deleted.
    member_count: i64,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&UserGroup> for UserGroupBody {
    fn from(group: &UserGroup) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.clone(),
            external_id: group.external_id.clone(),
            member_count: group.member_count,
            created_at: group.created_at,
            updated_at: group.updated_at,
        }
    }
}

/// A member of a user group.
#[derive(Schema, Serialize)]
#[schema(list = "members")]
pub(crate) struct GroupMemberBody {
    #[schema(as = Uuid)]
    user_id: String,
    display_name: String,
    email: String,
    #[schema(as = MemberState)]
    state: &'static str,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
}

impl From<&GroupMember> for GroupMemberBody {
    fn from(member: &GroupMember) -> Self {
        Self {
            user_id: member.user_id.to_string(),
            display_name: member.display_name.clone(),
            email: member.email.clone(),
            state: member.state.as_str(),
            created_at: member.created_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(name = "NameUserGroup")]
pub(crate) struct NameGroup {
    /// Unique in the organisation, whatever the case.
    #[schema(length(min = 1, max = 100))]
    name: String,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddGroupMember {
    #[schema(as = Uuid)]
    user_id: String,
}

pub(crate) async fn list_user_groups(call: Call) -> Result<List<UserGroupBody>> {
    let query = call.query("q").unwrap_or_default().into_owned();
    let page = groups::list_groups(call.cx()?, &query, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_user_group(
    mut call: CallWith<NameGroup>,
) -> Result<Idempotent<CreatedJson<UserGroupBody>>> {
    let bytes = call.bytes().await?;
    let may = async |_: &NameGroup| call.cx()?.require(Action::ManageGroups);
    api::create(&call, &bytes, may, async |body: NameGroup| {
        let group = groups::create_group(call.cx()?, &body.name).await?;
        Ok((format!("/api/v1/admin/user-groups/{}", group.id), UserGroupBody::from(&group)))
    })
    .await
}

pub(crate) async fn get_user_group(call: Call) -> Result<Json<UserGroupBody>> {
    api::ok(&UserGroupBody::from(&groups::get_group(call.cx()?, call.param("group_id")?).await?))
}

pub(crate) async fn update_user_group(
    mut call: CallWith<NameGroup>,
) -> Result<Json<UserGroupBody>> {
    let body: NameGroup = call.json().await?;
    let group: UserGroupId = call.param("group_id")?;
    api::ok(&UserGroupBody::from(&groups::rename_group(call.cx()?, group, &body.name).await?))
}

pub(crate) async fn delete_user_group(call: Call) -> Result<NoContent> {
    groups::delete_group(call.cx()?, call.param("group_id")?).await?;
    api::no_content()
}

pub(crate) async fn list_user_group_members(call: Call) -> Result<List<GroupMemberBody>> {
    let page = groups::list_members(call.cx()?, call.param("group_id")?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn add_user_group_member(
    mut call: CallWith<AddGroupMember>,
) -> Result<Idempotent<CreatedJson<GroupMemberBody>>> {
    let bytes = call.bytes().await?;
    let group: UserGroupId = call.param("group_id")?;
    let may = async |_: &AddGroupMember| call.cx()?.require(Action::ManageGroups);
    api::create(&call, &bytes, may, async |body: AddGroupMember| {
        let user: UserId = body.user_id.parse()?;
        let member = groups::add_member(call.cx()?, group, user).await?;
        Ok((
            format!("/api/v1/admin/user-groups/{group}/members/{user}"),
            GroupMemberBody::from(&member),
        ))
    })
    .await
}

pub(crate) async fn remove_user_group_member(call: Call) -> Result<NoContent> {
    let (group, user): (UserGroupId, UserId) = (call.param("group_id")?, call.param("user_id")?);
    groups::remove_member(call.cx()?, group, user).await?;
    api::no_content()
}
