//! The policy: which role may do what. Pure, and the only place where it is decided.

/// A member's role in a space; later ones include the rights of earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Reads and asks.
    Viewer,
    /// Also changes knowledge and assistants.
    Editor,
    /// Also changes the space and its members.
    Owner,
}

/// What somebody wants to do in a space.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// See the space.
    ReadSpace,
    /// Rename or describe it.
    UpdateSpace,
    /// Delete it with all that is in it.
    DeleteSpace,
    /// Add, change and remove members.
    ManageMembers,
    /// Search and open documents.
    ReadKnowledge,
    /// Add, replace and delete collections and documents.
    EditKnowledge,
    /// See assistants (viewers: published ones).
    ReadAssistants,
    /// Make, change and delete assistants.
    EditAssistants,
    /// Ask an assistant.
    Ask,
}

impl Action {
    /// Every action, in the order of `permissions`.
    pub const ALL: &'static [Action] = &[
        Action::ReadSpace,
        Action::UpdateSpace,
        Action::DeleteSpace,
        Action::ManageMembers,
        Action::ReadKnowledge,
        Action::EditKnowledge,
        Action::ReadAssistants,
        Action::EditAssistants,
        Action::Ask,
    ];

    /// As in the wire's `permissions`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadSpace => "space.read",
            Self::UpdateSpace => "space.update",
            Self::DeleteSpace => "space.delete",
            Self::ManageMembers => "members.manage",
            Self::ReadKnowledge => "knowledge.read",
            Self::EditKnowledge => "knowledge.edit",
            Self::ReadAssistants => "assistants.read",
            Self::EditAssistants => "assistants.edit",
            Self::Ask => "ask",
        }
    }
}

/// Whether a role may do it.
#[must_use]
pub fn may(role: Role, action: Action) -> bool {
    let least = match action {
        Action::ReadSpace | Action::ReadKnowledge | Action::ReadAssistants | Action::Ask => Role::Viewer,
        Action::EditKnowledge | Action::EditAssistants => Role::Editor,
        Action::UpdateSpace | Action::DeleteSpace | Action::ManageMembers => Role::Owner,
    };
    role >= least
}

impl Role {
    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// Reads [`Role::as_str`]; anything unknown has the fewest rights.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "owner" => Self::Owner,
            "editor" => Self::Editor,
            _ => Self::Viewer,
        }
    }

    /// What it may do, for `permissions` on the wire.
    #[must_use]
    pub fn permissions(self) -> Vec<&'static str> {
        Action::ALL.iter().filter(|action| may(self, **action)).map(|action| action.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, Role::*, *};

    #[test]
    fn every_role_may_do_exactly_this() {
        let viewer = [ReadSpace, ReadKnowledge, ReadAssistants, Ask];
        let editor = [EditKnowledge, EditAssistants];
        for action in Action::ALL {
            let (v, e) = (viewer.contains(action), editor.contains(action));
            assert_eq!(may(Viewer, *action), v, "{action:?}");
            assert_eq!(may(Editor, *action), v || e, "{action:?}");
            assert!(may(Owner, *action), "{action:?}");
        }
    }
}
