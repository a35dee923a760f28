//! What an import took, and what it did not.

use std::collections::BTreeMap;

use conversations::ImportSource;
use kernel::id::ConversationId;
use serde::{Deserialize, Serialize};

/// A kind of what is not taken from an export.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Instructions to the model.
    System,
    /// Calls of tools, and their results.
    Tool,
    /// Thoughts of a model.
    Thinking,
    /// Pictures.
    Image,
    /// Recordings.
    Audio,
    /// Other files.
    File,
    /// References to sources that are not here.
    Citation,
    /// The end of a text that is too long.
    CutText,
    /// Messages beyond the bounds of a conversation.
    TooMany,
    /// What this version does not know, or what leads nowhere.
    Other,
}

impl LeftOut {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Tool => "tool",
            Self::Thinking => "thinking",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::File => "file",
            Self::Citation => "citation",
            Self::CutText => "cut_text",
            Self::TooMany => "too_many",
            Self::Other => "other",
        }
    }
}

/// What became of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryOutcome {
    /// It was stored, and something of it was left out.
    Partial,
    /// It was imported before, and stays as it is.
    Duplicate,
    /// It has no question and no answer.
    Empty,
    /// It is no conversation of a product that is known.
    Unknown,
    /// It was not stored: the import, or the user, has as much as may be imported.
    TooMany,
}

impl EntryOutcome {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Duplicate => "duplicate",
            Self::Empty => "empty",
            Self::Unknown => "unknown",
            Self::TooMany => "too_many",
        }
    }
}

/// A conversation of the file that was not taken, or not completely.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportEntry {
    /// Its number in the file, from 1.
    pub position: u32,
    /// Its title there.
    pub title: Option<String>,
    /// What became of it.
    pub outcome: EntryOutcome,
    /// The conversation here.
    pub conversation_id: Option<ConversationId>,
    /// Numbers of what was left out, by kind.
    pub left_out: BTreeMap<LeftOut, u32>,
}

/// The most entries of a report; the numbers count all of them.
pub const REPORT_ENTRIES: usize = 500;

/// What came of an import so far.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Report {
    /// The product of the first conversation.
    pub source: Option<ImportSource>,
    /// Conversations that were stored.
    pub imported: u32,
    /// Conversations that were imported before.
    pub duplicates: u32,
    /// Entries that are no conversation, an empty one, or one too many.
    pub skipped: u32,
    /// Messages that were stored.
    pub messages: u32,
    /// What was left out of the stored ones, by kind.
    pub left_out: BTreeMap<LeftOut, u32>,
    /// The first [`REPORT_ENTRIES`] conversations of which something is to be said.
    pub entries: Vec<ReportEntry>,
}

impl Report {
    /// Adds an entry, within the bound.
    pub fn note(&mut self, entry: ReportEntry) {
        if self.entries.len() < REPORT_ENTRIES {
            self.entries.push(entry);
        }
    }

    /// How many entries of the file were looked at.
    #[must_use]
    pub fn seen(&self) -> u32 {
        self.imported + self.duplicates + self.skipped
    }
}
