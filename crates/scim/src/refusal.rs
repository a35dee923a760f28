//! Errors of a directory's request, as the RFC names them.

use kernel::{Code, Problem};

/// RFC 7644, section 3.12: `scimType`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The filter is malformed or not supported.
    Filter,
    /// The path of an operation is malformed.
    Path,
    /// A value is missing or of another type.
    Value,
    /// The body is not the expected message.
    Syntax,
    /// An operation has no target.
    NoTarget,
    /// More than one request may contain.
    TooMany,
}

impl Kind {
    /// The spelling on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "invalidFilter",
            Self::Path => "invalidPath",
            Self::Value => "invalidValue",
            Self::Syntax => "invalidSyntax",
            Self::NoTarget => "noTarget",
            Self::TooMany => "tooMany",
        }
    }
}

/// A request that is refused with status 400.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The kind.
    pub kind: Kind,
    /// What was expected and what came.
    pub detail: String,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(Code::InvalidBody, refusal.detail).in_protocol(refusal.kind.as_str())
    }
}
