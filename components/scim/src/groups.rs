//! `/Groups`.

use api::{Call, CallWith, CreatedJson, Json, NoContent, Reply};
use directory::{DirectoryGroup, DirectoryMember};
use kernel::{Result, id::UserGroupId};
use scim::{GroupChange, GroupQuery};
use serde_json::{Value, json};

use crate::{
    reply::{ScimRequest, meta},
    shapes::{ScimGroup, ScimGroupBody, ScimGroupsList, ScimPatch},
};

/// The schema of groups.
pub(crate) const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn wire(group: &DirectoryGroup, members: &[DirectoryMember], base: &str) -> Value {
    let member = |member: &DirectoryMember| {
        let url = format!("{base}/Users/{}", member.user_id);
        json!({ "value": member.user_id.to_string(), "display": member.display_name, "type": "User", "$ref": url })
    };
    let members: Vec<Value> =
        members.iter().filter(|m| m.group_id == group.id).map(member).collect();
    let mut out = json!({
        "schemas": [SCHEMA],
        "id": group.id.to_string(),
        "displayName": group.name,
        "members": members,
        "meta": meta("Group", group.created_at, group.updated_at, &format!("{base}/Groups/{}", group.id)),
    });
    if let (Some(id), Some(object)) = (&group.external_id, out.as_object_mut()) {
        object.insert("externalId".to_owned(), id.as_str().into());
    }
    out
}

impl ScimRequest {
    /// Groups with their members, where the client wants those.
    async fn with_members(&self, groups: &[DirectoryGroup]) -> Result<Vec<Value>> {
        let members = if self.wants("members") {
            self.directory()?.members_of(groups).await?
        } else {
            Vec::new()
        };
        Ok(groups.iter().map(|group| wire(group, &members, &self.base)).collect())
    }

    async fn group(&self, group: DirectoryGroup) -> Result<Value> {
        Ok(self.with_members(&[group]).await?.pop().unwrap_or_default())
    }
}

fn id(request: &ScimRequest) -> Result<UserGroupId> {
    request.call.param("scim_group_id")
}

pub(crate) async fn list_scim_groups(call: Call) -> Result<Json<ScimGroupsList>> {
    let request = ScimRequest::of(call).await?;
    let query = GroupQuery::parse(request.call.query("filter").as_deref())?;
    let window = request.window()?;
    let (groups, total) = request.directory()?.list_groups(&query, window).await?;
    request.list(request.with_members(&groups).await?, total, window).map(Reply::new)
}

pub(crate) async fn create_scim_group(
    call: CallWith<ScimGroupBody>,
) -> Result<CreatedJson<ScimGroup>> {
    let mut request = ScimRequest::of(call.into()).await?;
    let change = GroupChange::resource(&request.body().await?)?;
    let group = request.directory()?.create_group(&change).await?;
    request.created(request.group(group).await?).map(Reply::new)
}

pub(crate) async fn get_scim_group(call: Call) -> Result<Json<ScimGroup>> {
    let request = ScimRequest::of(call).await?;
    let group = request.directory()?.get_group(id(&request)?).await?;
    request.one(request.group(group).await?).map(Reply::new)
}

pub(crate) async fn replace_scim_group(call: CallWith<ScimGroupBody>) -> Result<Json<ScimGroup>> {
    let mut request = ScimRequest::of(call.into()).await?;
    let change = GroupChange::replacement(&request.body().await?)?;
    let group = request.directory()?.change_group(id(&request)?, &change).await?;
    request.one(request.group(group).await?).map(Reply::new)
}

pub(crate) async fn update_scim_group(call: CallWith<ScimPatch>) -> Result<Json<ScimGroup>> {
    let mut request = ScimRequest::of(call.into()).await?;
    let change = GroupChange::patch(&request.body().await?)?;
    let group = request.directory()?.change_group(id(&request)?, &change).await?;
    request.one(request.group(group).await?).map(Reply::new)
}

pub(crate) async fn delete_scim_group(call: Call) -> Result<NoContent> {
    let request = ScimRequest::of(call).await?;
    request.directory()?.delete_group(id(&request)?).await?;
    api::no_content()
}
