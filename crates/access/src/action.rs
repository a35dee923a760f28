//! The actions that need a right.

use crate::{Permissions, Scope};

/// An action on a kind of resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Use a route that needs this scope.
    Use(Scope),
    /// See a space.
    ReadSpace,
    /// Rename or describe a space.
    UpdateSpace,
    /// Delete a space with everything in it.
    DeleteSpace,
    /// Add, change and remove members and groups.
    ManageMembers,
    /// Search and open documents.
    ReadKnowledge,
    /// Add, replace and delete collections and documents.
    EditKnowledge,
    /// See assistants that are published.
    ReadAssistants,
    /// See unpublished assistants.
    ReadDrafts,
    /// Create, change and delete assistants.
    EditAssistants,
    /// Use the prompts of a space.
    ReadPrompts,
    /// Create, change and delete the prompts of a space.
    EditPrompts,
    /// Use the caller's own prompts.
    ReadOwnPrompts,
    /// Create, change and delete the caller's own prompts.
    EditOwnPrompts,
    /// Ask an assistant.
    Ask,
    /// Rename and delete the caller's own conversations.
    ManageConversations,
    /// Create a shared space.
    CreateSpace,
    /// Create the organisation's hub.
    CreateHub,
    /// Create, list and revoke the caller's own API keys.
    ManageOwnKeys,
    /// List and read the people of the tenant.
    ReadPeople,
    /// Invite, change, deactivate, delete and restore a person with these permissions, or assign a
    /// role with these permissions.
    ManagePerson(Permissions),
    /// Create, change and delete user groups.
    ManageGroups,
    /// Create, change and delete a custom role that has, or will have, these permissions.
    ManageRole(Permissions),
    /// Read and change the settings of the tenant.
    ManageSettings,
    /// Look after providers of models, their credentials, models and aliases.
    ManageModels,
    /// Read what models cost everyone, and set quotas.
    ManageUsage,
    /// Configure how people sign in: single sign-on, and what a directory may change.
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
        Self::ReadPrompts,
        Self::EditPrompts,
        Self::Ask,
    ];

    /// The name in `permissions` on the wire, and in refusals.
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
            Self::ReadPrompts => "prompts.read",
            Self::EditPrompts => "prompts.edit",
            Self::ReadOwnPrompts => "own_prompts.read",
            Self::EditOwnPrompts => "own_prompts.edit",
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
            Self::ManageUsage => "usage.manage",
            Self::ManageSignIn => "sign_in.manage",
            Self::ReadAudit => "audit.read",
        }
    }
}
