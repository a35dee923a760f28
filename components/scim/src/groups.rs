//! `/Groups`.

use api::{Call, Response};
use identity::directory::{DirectoryGroup, DirectoryMember};
use kernel::{Result, id::UserGroupId};
use scim::{GroupChange, GroupQuery};
use serde_json::{Value, json};

use crate::reply::{ScimRequest, answer, meta};

/// The schema of groups.
pub(crate) const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn wire(group: &DirectoryGroup, members: &[DirectoryMember], base: &str) -> Value {
    let member = |member: &DirectoryMember| {
        let url = format!("{base}/Users/{}", member.user_id);
        json!({ "value": member.user_id.to_string(), "display": member.display_name, "type": "User", "$ref": url })
    };
    let members: Vec<Value> = members.iter().filter(|m| m.group_id == group.id).map(member).collect();
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
        let members = if self.wants("members") { self.directory.members_of(groups).await? } else { Vec::new() };
        Ok(groups.iter().map(|group| wire(group, &members, &self.base)).collect())
    }

    async fn group(&self, group: DirectoryGroup) -> Result<Value> {
        Ok(self.with_members(&[group]).await?.pop().unwrap_or_default())
    }
}

fn id(asked: &ScimRequest) -> Result<UserGroupId> {
    asked.call.param("scim_group_id")
}

pub(crate) async fn list_scim_groups(call: Call) -> Result<Response> {
    answer(call, async |asked| {
        let query = GroupQuery::parse(asked.call.query("filter").as_deref())?;
        let window = asked.window()?;
        let (groups, total) = asked.directory.list_groups(&query, window).await?;
        Ok(asked.list(asked.with_members(&groups).await?, total, window)?)
    })
    .await
}

pub(crate) async fn create_scim_group(call: Call) -> Result<Response> {
    answer(call, async |mut asked| {
        let change = GroupChange::resource(&asked.body().await?)?;
        let group = asked.directory.create_group(&change).await?;
        Ok(asked.created(asked.group(group).await?)?)
    })
    .await
}

pub(crate) async fn get_scim_group(call: Call) -> Result<Response> {
    answer(call, async |asked| {
        let group = asked.directory.get_group(id(&asked)?).await?;
        Ok(asked.one(asked.group(group).await?)?)
    })
    .await
}

pub(crate) async fn replace_scim_group(call: Call) -> Result<Response> {
    answer(call, async |mut asked| {
        let change = GroupChange::replacement(&asked.body().await?)?;
        let group = asked.directory.change_group(id(&asked)?, &change).await?;
        Ok(asked.one(asked.group(group).await?)?)
    })
    .await
}

pub(crate) async fn update_scim_group(call: Call) -> Result<Response> {
    answer(call, async |mut asked| {
        let change = GroupChange::patch(&asked.body().await?)?;
        let group = asked.directory.change_group(id(&asked)?, &change).await?;
        Ok(asked.one(asked.group(group).await?)?)
    })
    .await
}

pub(crate) async fn delete_scim_group(call: Call) -> Result<Response> {
    answer(call, async |asked| {
        asked.directory.delete_group(id(&asked)?).await?;
        Ok(api::no_content()?)
    })
    .await
}
