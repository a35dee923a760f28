//! What a reader could not read, or left out: nothing is lost without a warning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Page numbers that one warning lists at most; `count` goes on.
const MAX_LISTED_PAGES: usize = 100;

/// One kind of loss in a document that was read otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What is missing.
    pub kind: WarningKind,
    /// How many in the whole document: letters, pages, fields or parts, by kind.
    pub count: u64,
    /// Where, ascending: at most 100 page numbers, empty if the document has no pages.
    pub pages: Vec<u32>,
    /// How many on each of `pages`.
    #[serde(default)]
    pub page_counts: Vec<u64>,
}

/// The kinds of loss, `snake_case` on the wire; the web UI translates each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Letters whose font does not say which Unicode characters they are. Counts letters.
    UnmappedLetters,
    /// Pages that show something but hold no text, as scans do. Counts pages.
    PagesWithoutText,
    /// Pages that could not be read, or not to their end: damaged, or beyond a limit. Counts pages.
    UnreadablePages,
    /// Bytes that are not valid in the text's encoding, replaced by U+FFFD. Counts bytes.
    InvalidBytes,
    /// Form fields whose values could not be read, or not whole (XFA, signatures, thousands of
    /// lines). Counts fields.
    UnreadFormFields,
    /// Files inside the document (attachments, embedded objects) that are not read. Counts files.
    SkippedAttachments,
    /// Parts of an archive (Office, mail) that are damaged, of an unknown kind or beyond a limit.
    /// Counts parts; of a mail also recipients.
    SkippedParts,
    /// Text that the document hides from its readers, left out on purpose. Counts characters.
    HiddenText,
    /// Table columns past the limit. Counts columns.
    SkippedColumns,
    /// Pictures without a description, which may show text. Counts pictures.
    PicturesWithoutText,
    /// Comments and tracked deletions, left out on purpose. Counts comments.
    SkippedComments,
    /// Elements nested too deep, read as if they were not nested. Counts elements.
    FlattenedNesting,
    /// Menus, footers and other parts of a web page around its content, left out on purpose. Counts
    /// characters.
    SkippedNavigation,
}

impl WarningKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::UnmappedLetters,
        Self::PagesWithoutText,
        Self::UnreadablePages,
        Self::InvalidBytes,
        Self::UnreadFormFields,
        Self::SkippedAttachments,
        Self::SkippedParts,
        Self::HiddenText,
        Self::SkippedColumns,
        Self::PicturesWithoutText,
        Self::SkippedComments,
        Self::FlattenedNesting,
        Self::SkippedNavigation,
    ];

    /// The kind as it stands in JSON and in `docs/errors.md`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnmappedLetters => "unmapped_letters",
            Self::PagesWithoutText => "pages_without_text",
            Self::UnreadablePages => "unreadable_pages",
            Self::InvalidBytes => "invalid_bytes",
            Self::UnreadFormFields => "unread_form_fields",
            Self::SkippedAttachments => "skipped_attachments",
            Self::SkippedParts => "skipped_parts",
            Self::HiddenText => "hidden_text",
            Self::SkippedColumns => "skipped_columns",
            Self::PicturesWithoutText => "pictures_without_text",
            Self::SkippedComments => "skipped_comments",
            Self::FlattenedNesting => "flattened_nesting",
            Self::SkippedNavigation => "skipped_navigation",
        }
    }
}

/// Collects warnings while a document is read.
#[derive(Debug, Default)]
pub(crate) struct Warnings(BTreeMap<WarningKind, Losses>);

/// The losses of one kind: all, and those of the first pages.
#[derive(Debug, Default)]
struct Losses {
    total: u64,
    pages: BTreeMap<u32, u64>,
}

impl Warnings {
    /// Counts `count` more of a kind; `page` counts from 1.
    pub(crate) fn add(&mut self, kind: WarningKind, page: Option<u32>, count: u64) {
        if count == 0 {
            return;
        }
        let Losses { total, pages } = self.0.entry(kind).or_default();
        *total = total.saturating_add(count);
        if let Some(page) = page
            && (pages.len() < MAX_LISTED_PAGES || pages.contains_key(&page))
        {
            let on_page = pages.entry(page).or_default();
            *on_page = on_page.saturating_add(count);
        }
    }

    /// Counts all that another part lost.
    pub(crate) fn add_all(&mut self, other: Self) {
        other
            .into_list()
            .into_iter()
            .for_each(|warning| self.add(warning.kind, None, warning.count));
    }

    pub(crate) fn has(&self, kind: WarningKind) -> bool {
        self.0.contains_key(&kind)
    }

    pub(crate) fn into_list(self) -> Vec<Warning> {
        let listed = |(kind, Losses { total, pages })| {
            let (pages, page_counts) = pages.into_iter().unzip();
            Warning { kind, count: total, pages, page_counts }
        };
        self.0.into_iter().map(listed).collect()
    }
}
