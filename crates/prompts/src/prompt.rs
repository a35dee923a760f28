//! The nouns: a prompt as its user or a member of its space sees it, and the requests to create,
//! change or find one.

use access::{Action, SpaceAccess};
use kernel::{
    Timestamp,
    id::{PromptId, SpaceId},
};

/// The owner of a prompt, as the caller sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The caller: no other user sees the prompt.
    Caller,
    /// A space, with the caller's rights there.
    Space(SpaceId, SpaceAccess),
}

impl Owner {
    /// The space; None for the caller's own.
    #[must_use]
    pub fn space(self) -> Option<SpaceId> {
        match self {
            Self::Caller => None,
            Self::Space(space, _) => Some(space),
        }
    }

    /// What the caller may do with the prompt, for `permissions` on the wire.
    #[must_use]
    pub fn permissions(self) -> Vec<&'static str> {
        let allowed = |action: &Action| match self {
            Self::Caller => true,
            Self::Space(_, access) => access.may(*action),
        };
        [Action::ReadPrompts, Action::EditPrompts]
            .into_iter()
            .filter(allowed)
            .map(Action::as_str)
            .collect()
    }
}

/// A text to ask with, found by its command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompt {
    /// Ids sort by the time of creation (UUID v7).
    pub id: PromptId,
    /// Whose it is.
    pub owner: Owner,
    /// What one types after the slash; unique among the prompts of its owner.
    pub command: String,
    /// 1 to 100 characters.
    pub title: String,
    /// 1 to 20 000 characters, with variables (`variables`).
    pub text: String,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A new prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreatePrompt {
    /// The space it will belong to; None: the caller.
    pub space_id: Option<SpaceId>,
    /// 1 to 50 of `a`–`z`, `0`–`9`, `å`, `ä`, `ö` and `-`; the first is no `-`.
    pub command: String,
    /// 1 to 100 characters.
    pub title: String,
    /// 1 to 20 000 characters, with at most 20 variables.
    pub text: String,
}

/// A change; absent members stay as they are.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UpdatePrompt {
    /// As in [`CreatePrompt`].
    pub command: Option<String>,
    /// 1 to 100 characters.
    pub title: Option<String>,
    /// 1 to 20 000 characters, with at most 20 variables.
    pub text: Option<String>,
}

/// Which prompts a list has.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PromptFilter {
    /// Only those of this space.
    pub space: Option<SpaceId>,
    /// Only the caller's own.
    pub own: bool,
    /// The beginning of the command or of a word of the title, up to 100 characters; empty: all.
    pub prefix: String,
}
