//! Scopes: what the holder of a credential may use it for.

/// One scope; every route needs exactly one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The caller's own account: sessions, password, keys. For people who signed in, never for a
    /// key.
    Account,
    /// Read the caller's own profile. Every credential has it.
    Profile,
    /// See spaces, members, groups.
    SpacesRead,
    /// Change them.
    SpacesWrite,
    /// See assistants.
    AssistantsRead,
    /// Change them.
    AssistantsWrite,
    /// See collections, documents, jobs, events.
    KnowledgeRead,
    /// Change them.
    KnowledgeWrite,
    /// Conversations and their messages.
    Chat,
    /// Search.
    Search,
    /// Ask assistants as a client that speaks OpenAI's API does: nothing is stored.
    AssistantsUse,
    /// Ask the installation's own models, for text and for embeddings.
    ModelsUse,
    /// See what administrators see.
    AdminRead,
    /// Do what administrators do.
    AdminWrite,
}

impl Scope {
    /// The last scope, to check that all fit into [`Scopes`].
    const LAST: Self = Self::AdminWrite;

    /// Every scope that an API key can be given, in the order in which they are shown.
    pub const FOR_KEYS: &'static [Self] = &[
        Self::SpacesRead,
        Self::SpacesWrite,
        Self::AssistantsRead,
        Self::AssistantsWrite,
        Self::KnowledgeRead,
        Self::KnowledgeWrite,
        Self::Chat,
        Self::Search,
        Self::AssistantsUse,
        Self::ModelsUse,
        Self::AdminRead,
        Self::AdminWrite,
    ];

    /// The scopes that a key for one assistant can be given.
    pub const FOR_ASSISTANT_KEYS: &'static [Self] =
        &[Self::AssistantsRead, Self::Chat, Self::AssistantsUse];

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Profile => "profile",
            Self::SpacesRead => "spaces:read",
            Self::SpacesWrite => "spaces:write",
            Self::AssistantsRead => "assistants:read",
            Self::AssistantsWrite => "assistants:write",
            Self::KnowledgeRead => "knowledge:read",
            Self::KnowledgeWrite => "knowledge:write",
            Self::Chat => "chat",
            Self::Search => "search",
            Self::AssistantsUse => "assistants:use",
            Self::ModelsUse => "models:use",
            Self::AdminRead => "admin:read",
            Self::AdminWrite => "admin:write",
        }
    }

    const fn bit(self) -> u64 {
        1 << self as u64
    }

    /// Parses the name of a scope that a key can be given.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::FOR_KEYS.iter().copied().find(|scope| scope.as_str() == text)
    }
}

/// A set of scopes, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scopes(u64);

const _: () = assert!((Scope::LAST as u32) < u64::BITS, "a scope more than `Scopes` has bits");

impl Scopes {
    /// The scopes of a session: all.
    pub const SESSION: Self = Self(u64::MAX);

    /// The scopes of a key; unknown names allow nothing.
    pub fn named<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Self {
        let given = names.into_iter().filter_map(|name| Scope::parse(name.as_ref()));
        Self(given.chain([Scope::Profile]).fold(0, |sum, scope| sum | scope.bit()))
    }

    /// Whether the set contains the scope.
    #[must_use]
    pub fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}
