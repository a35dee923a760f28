//! The user groups of the organisation, and who is in them.

use access::Action;
use api::{Call, Response, wire};
use directory::groups::{self, GroupMember, UserGroup};
use kernel::{
    Result, Timestamp,
    id::{UserGroupId, UserId},
};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct UserGroupBody {
    id: String,
    name: String,
    external_id: Option<String>,
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

#[derive(Serialize)]
struct GroupMemberBody {
    user_id: String,
    display_name: String,
    email: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameGroup {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddGroupMember {
    user_id: String,
}

pub(crate) async fn list_user_groups(call: Call) -> Result<Response> {
    let query = call.query("q").unwrap_or_default().into_owned();
    let page = groups::list_groups(call.cx()?, &query, call.page()?).await?;
    api::ok(&wire::list::<_, UserGroupBody>("user_groups", &page))
}

pub(crate) async fn create_user_group(mut call: Call) -> Result<Response> {
    let bytes = call.bytes().await?;
    let may = async |_: &NameGroup| call.cx()?.require(Action::ManageGroups);
    api::create(&call, &bytes, may, async |body: NameGroup| {
        let group = groups::create_group(call.cx()?, &body.name).await?;
        Ok((format!("/api/v1/admin/user-groups/{}", group.id), UserGroupBody::from(&group)))
    })
    .await
}

pub(crate) async fn get_user_group(call: Call) -> Result<Response> {
    api::ok(&UserGroupBody::from(&groups::get_group(call.cx()?, call.param("group_id")?).await?))
}

pub(crate) async fn update_user_group(mut call: Call) -> Result<Response> {
    let body: NameGroup = call.json().await?;
    let group: UserGroupId = call.param("group_id")?;
    api::ok(&UserGroupBody::from(&groups::rename_group(call.cx()?, group, &body.name).await?))
}

pub(crate) async fn delete_user_group(call: Call) -> Result<Response> {
    groups::delete_group(call.cx()?, call.param("group_id")?).await?;
    api::no_content()
}

pub(crate) async fn list_user_group_members(call: Call) -> Result<Response> {
    let page = groups::list_members(call.cx()?, call.param("group_id")?, call.page()?).await?;
    api::ok(&wire::list::<_, GroupMemberBody>("members", &page))
}

pub(crate) async fn add_user_group_member(mut call: Call) -> Result<Response> {
    let bytes = call.bytes().await?;
    let group: UserGroupId = call.param("group_id")?;
    let may = async |_: &AddGroupMember| call.cx()?.require(Action::ManageGroups);
    api::create(&call, &bytes, may, async |body: AddGroupMember| {
        let user: UserId = body.user_id.parse()?;
        let member = groups::add_member(call.cx()?, group, user).await?;
        Ok((format!("/api/v1/admin/user-groups/{group}/members/{user}"), GroupMemberBody::from(&member)))
    })
    .await
}

pub(crate) async fn remove_user_group_member(call: Call) -> Result<Response> {
    let (group, user): (UserGroupId, UserId) = (call.param("group_id")?, call.param("user_id")?);
    groups::remove_member(call.cx()?, group, user).await?;
    api::no_content()
}
