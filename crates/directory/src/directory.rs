//! The noun: a directory (Entra ID, Okta) that provisions users and groups of its tenant by SCIM.

use credentials::DirectoryContext;
use kernel::{Problem, ReasonCode};
use platform::Cx;

/// A window of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// How many to skip.
    pub offset: i64,
    /// The most to return.
    pub limit: i64,
}

/// The operations of a directory. Only a valid token creates a [`DirectoryContext`], so an
/// unauthenticated request cannot use them.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    pub(crate) cx: &'a Cx,
}

impl<'a> Directory<'a> {
    /// The directory of a request.
    #[must_use]
    pub fn of(context: &'a DirectoryContext) -> Self {
        Self { cx: context.cx() }
    }
}

/// A conflict on a unique member; the field names it.
pub(crate) fn taken(pointer: &'static str, detail: &'static str) -> Problem {
    Problem::conflicting_field(pointer, ReasonCode::UserNameTaken, detail)
}
