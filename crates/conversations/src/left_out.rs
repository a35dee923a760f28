//! What did not fit into the window of a model.

/// The parts of a prompt that are incomplete, because the model's window is too small for them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct LeftOut {
    /// Earlier turns of the conversation, or the end of a long one.
    pub turns: bool,
    /// Chunks that the search has found.
    pub sources: bool,
    /// Text of attachments, or pictures.
    pub attachments: bool,
}

impl LeftOut {
    /// Whether the prompt was complete.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        let parts =
            [(self.turns, "turns"), (self.sources, "sources"), (self.attachments, "attachments")];
        parts
            .into_iter()
            .filter(|(is_incomplete, _)| *is_incomplete)
            .map(|(_, word)| word)
            .collect()
    }

    /// Parses [`LeftOut::words`].
    #[must_use]
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut out = Self::default();
        for word in words {
            out.turns |= word == "turns";
            out.sources |= word == "sources";
            out.attachments |= word == "attachments";
        }
        out
    }

    /// What is left out of either.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            turns: self.turns || other.turns,
            sources: self.sources || other.sources,
            attachments: self.attachments || other.attachments,
        }
    }
}
