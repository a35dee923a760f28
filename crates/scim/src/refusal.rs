//! What a directory did wrong, as the RFC names it.

use kernel::{Code, Problem};

/// RFC 7644, section 3.12: `scimType`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The filter is malformed, or more than we understand.
    Filter,
    /// The path of an operation is malformed.
    Path,
    /// A value is missing or of another type.
    Value,
    /// The body is not what the message should be.
    Syntax,
    /// An operation names nothing.
    NoTarget,
    /// More than one request may ask for.
    TooMany,
}

impl Kind {
    /// As the wire spells it.
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
    /// What sort.
    pub kind: Kind,
    /// What was expected, what came.
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
