//! What can go wrong.

use std::fmt;
use std::path::Path;

use crate::spec::ModelSpec;

/// The model's files could not be used; says which file and why.
#[derive(Debug)]
pub struct LoadError(String);

impl LoadError {
    pub(crate) fn file(path: &Path, cause: &dyn fmt::Display) -> Self {
        Self(format!("{}: {cause}", path.display()))
    }

    /// Names what the folder should hold.
    pub(crate) fn of(self, spec: &ModelSpec) -> Self {
        Self(format!(
            "{}; the folder must hold {} of {}",
            self.0,
            spec.files.join(" and "),
            spec.id
        ))
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

/// Why texts are not embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbedError {
    /// The model's threads have ended, so nothing can be embedded any more; the process must be
    /// started again.
    Ended,
    /// As many queries of this user wait as may.
    TooManyOfUser,
    /// As many queries wait as may.
    TooMany,
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => {
                "vectors from the embedding threads expected, but the threads have ended; start the worker again"
            }
            Self::TooManyOfUser => "too many queries of this user are waiting; wait for some of them, then try again",
            Self::TooMany => "too many queries are waiting; try again in a moment",
        })
    }
}

impl std::error::Error for EmbedError {}
