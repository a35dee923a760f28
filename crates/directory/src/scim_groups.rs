//! Operations of a directory on user groups.

use std::collections::BTreeSet;

use kernel::{
    Problem, ReasonCode, Result, Timestamp,
    id::{self, UserGroupId, UserId},
    text,
};
use scim::{GroupChange, GroupQuery};

use crate::{Directory, Window, store::scim_groups as store};

/// A user group, as a directory sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryGroup {
    /// Ids sort by the time of creation (UUID v7).
    pub id: UserGroupId,
    /// The directory's own id.
    pub external_id: Option<String>,
    /// Unique in the tenant, ignoring case.
    pub name: String,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// Last change, of the group or its members.
    pub updated_at: Timestamp,
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryMember {
    /// The group.
    pub group_id: UserGroupId,
    /// The user.
    pub user_id: UserId,
    /// The name that others see.
    pub display_name: String,
}

impl Directory<'_> {
    /// The groups that match a filter, oldest first, and their total number.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn list_groups(
        &self,
        query: &GroupQuery,
        window: Window,
    ) -> Result<(Vec<DirectoryGroup>, i64)> {
        store::list(self.cx, query, window).await
    }

    /// One group.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get_group(&self, group: UserGroupId) -> Result<DirectoryGroup> {
        store::get(self.cx, group).await?.ok_or_else(|| id::not_found("user group"))
    }

    /// The members of these groups.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn members_of(&self, groups: &[DirectoryGroup]) -> Result<Vec<DirectoryMember>> {
        store::members(self.cx, groups.iter().map(|group| group.id.to_string()).collect()).await
    }

    /// Creates a group.
    ///
    /// # Errors
    /// `invalid_body`, also if a member is unknown; `conflict` if the name is taken.
    pub async fn create_group(&self, change: &GroupChange) -> Result<DirectoryGroup> {
        let checked = check(change)?;
        let group: UserGroupId = self.cx.new_id()?;
        if !store::insert(self.cx, group, &checked).await? {
            return Err(unknown_member());
        }
        self.get_group(group).await
    }

    /// Changes a group, completely or not at all.
    ///
    /// # Errors
    /// `not_found`; `invalid_body`, also if a member is unknown; `conflict` if the name is taken.
    pub async fn change_group(
        &self,
        group: UserGroupId,
        change: &GroupChange,
    ) -> Result<DirectoryGroup> {
        self.get_group(group).await?;
        if !store::update(self.cx, group, &check(change)?).await? {
            return Err(unknown_member());
        }
        self.get_group(group).await
    }

    /// Deletes a group: its members lose the rights that it gave them with the next request.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_group(&self, group: UserGroupId) -> Result<()> {
        if store::delete(self.cx, group).await? { Ok(()) } else { Err(id::not_found("user group")) }
    }
}

fn unknown_member() -> Problem {
    Problem::refused_field(
        "/members",
        ReasonCode::MemberUnknown,
        "expected ids of users of this organisation; one of them is not",
    )
}

/// Validates a change. A malformed id names no user: adding it is refused, removing it does
/// nothing.
fn check(change: &GroupChange) -> Result<GroupChange> {
    let is_id = |id: &&String| id.parse::<UserId>().is_ok();
    if !change.add.iter().all(|id| is_id(&id)) {
        return Err(unknown_member());
    }
    let external_id = change.external_id.as_ref();
    Ok(GroupChange {
        display_name: change
            .display_name
            .as_ref()
            .map(|t| text::line("/displayName", t, 1, 256))
            .transpose()?,
        external_id: external_id
            .map(|v| v.as_ref().map(|t| text::line("/externalId", t, 1, 255)).transpose())
            .transpose()?,
        clear: change.clear,
        add: change.add.clone(),
        remove: change.remove.iter().filter(is_id).cloned().collect::<BTreeSet<_>>(),
    })
}
