//! Why a document can't be read, in words for its owner and codes for programs.

use serde::{Deserialize, Serialize};

/// A document that can't be read: what is wrong with it and what its owner can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable, for programs.
    pub code: Code,
    /// What was expected and what came, in one sentence.
    pub detail: String,
    /// What to do next, in one sentence.
    pub hint: String,
}

/// The stable codes of failed documents, `snake_case` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The file has no bytes.
    EmptyFile,
    /// The content is of a kind that is not read.
    UnsupportedType,
    /// A password is needed.
    Encrypted,
    /// The content is cut off or damaged.
    BrokenFile,
    /// The document is sound but holds no text, as a scan does.
    NoText,
    /// More pages than [`crate::limits::MAX_PAGES`].
    TooManyPages,
    /// More text than [`crate::limits::MAX_TEXT_BYTES`].
    TooMuchText,
    /// An archive that unpacks to far more than it should.
    ZipBomb,
    /// Set by the worker: the parser ended with a fault.
    ExtractorCrashed,
    /// Set by the worker: the deadline passed.
    ExtractorTimeout,
    /// Set by the worker: the memory cap was reached.
    ExtractorMemory,
    /// Set by the worker: reading and indexing together took too long.
    IngestionTimeout,
}

impl Code {
    /// The code as it stands in JSON and in the documentation of errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyFile => "empty_file",
            Self::UnsupportedType => "unsupported_type",
            Self::Encrypted => "encrypted",
            Self::BrokenFile => "broken_file",
            Self::NoText => "no_text",
            Self::TooManyPages => "too_many_pages",
            Self::TooMuchText => "too_much_text",
            Self::ZipBomb => "zip_bomb",
            Self::ExtractorCrashed => "extractor_crashed",
            Self::ExtractorTimeout => "extractor_timeout",
            Self::ExtractorMemory => "extractor_memory",
            Self::IngestionTimeout => "ingestion_timeout",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::EmptyFile => {
                "Check that the file was saved before it was sent, and upload it again."
            }
            Self::UnsupportedType => {
                "Save the document as PDF, DOCX, PPTX, HTML, Markdown, plain text or CSV and upload that."
            }
            Self::Encrypted => "Save a copy without a password and upload that.",
            Self::BrokenFile => {
                "Open the file on your computer; if it opens, save it again and upload the copy."
            }
            Self::NoText => {
                "If it is a scan, run text recognition (OCR) on it first and upload the result."
            }
            Self::TooManyPages | Self::TooMuchText => {
                "Split the document into parts and upload each by itself."
            }
            Self::ZipBomb => {
                "Save the document again in the program that made it and upload the copy."
            }
            Self::ExtractorCrashed => {
                "Save the document again or as another type; if that fails too, report it."
            }
            Self::ExtractorTimeout | Self::ExtractorMemory | Self::IngestionTimeout => {
                "Split the document into parts, or save it again in a simpler form, and upload that."
            }
        }
    }
}

impl Failure {
    /// A failure with the hint that goes with its code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), hint: code.hint().to_owned() }
    }

    /// The same failure with a hint that fits the case better.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(crate) fn broken(detail: impl Into<String>) -> Self {
        Self::new(Code::BrokenFile, detail)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {}", self.code.as_str(), self.detail, self.hint)
    }
}

impl std::error::Error for Failure {}
