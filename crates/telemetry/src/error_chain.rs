//! An error with its causes, in one line.

use std::error::Error;

/// An error and its causes, joined by colons. The first of a client's errors names neither DNS nor
/// TLS.
#[must_use]
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
