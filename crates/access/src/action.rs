//! What somebody wants to do.

use crate::{Permissions, Scope};

/// An action on a kind of resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Use a route that needs this scope.
    Use(Scope),
    /// See a space.
    ReadSpace,
    /// Rename or describe it.
    UpdateSpace,
    /// Delete it with all that is in it.
    DeleteSpace,
    /// Add, change and remove members and groups.
    ManageMembers,
    /// Search and open documents.
    ReadKnowledge,
    /// Add, replace and delete collections and documents.
    EditKnowledge,
    /// See assistants that are published.
    ReadAssistants,
    /// See those that are not.
    ReadDrafts,
    /// Make, change and delete assistants.
    EditAssistants,
    /// Ask an assistant.
    Ask,
    /// Rename and delete one's own conversations.
    ManageConversations,
    /// Make a shared space.
    CreateSpace,
    /// Make the organisation's hub.
    CreateHub,
    /// Make, list and revoke API keys of one's own.
    ManageOwnKeys,
    /// List and open the people of the tenant.
    ReadPeople,
    /// Invite, change, deactivate, delete and restore somebody with these permissions, or give somebody a role that has them.
    ManagePerson(Permissions),
    /// Make, change and delete user groups.
    ManageGroups,
    /// Make, change and delete a custom role that has, or will have, these permissions.
    ManageRole(Permissions),
    /// See and change the settings of the tenant.
    ManageSettings,
    /// Look after providers of models, their credentials, models and aliases.
    ManageModels,
    /// Say who signs in as whom: single sign-on, and what a directory may change.
    ManageSignIn,
    /// Read, verify and export the audit log.
    ReadAudit,
}

impl Action {
    /// The actions that a space role decides, in the order of `permissions` on the wire.
    pub const IN_SPACE: &'static [Self] = &[
        Self::ReadSpace,
        Self::UpdateSpace,
        Self::DeleteSpace,
        Self::ManageMembers,
        Self::ReadKnowledge,
        Self::EditKnowledge,
        Self::ReadAssistants,
        Self::EditAssistants,
        Self::Ask,
    ];

    /// As in `permissions` on the wire, and in refusals.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Use(scope) => scope.as_str(),
            Self::ReadSpace => "space.read",
            Self::UpdateSpace => "space.update",
            Self::DeleteSpace => "space.delete",
            Self::ManageMembers => "members.manage",
            Self::ReadKnowledge => "knowledge.read",
            Self::EditKnowledge => "knowledge.edit",
            Self::ReadAssistants => "assistants.read",
            Self::ReadDrafts => "assistants.drafts",
            Self::EditAssistants => "assistants.edit",
            Self::Ask => "ask",
            Self::ManageConversations => "conversations.manage",
            Self::CreateSpace => "spaces.create",
            Self::CreateHub => "hub.create",
            Self::ManageOwnKeys => "api_keys.manage",
            Self::ReadPeople => "people.read",
            Self::ManagePerson(_) => "people.manage",
            Self::ManageGroups => "groups.manage",
            Self::ManageRole(_) => "roles.manage",
            Self::ManageSettings => "settings.manage",
            Self::ManageModels => "models.manage",
            Self::ManageSignIn => "sign_in.manage",
            Self::ReadAudit => "audit.read",
        }
    }
}
