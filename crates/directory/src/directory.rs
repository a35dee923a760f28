//! The noun: a directory (Entra ID, Okta) that provisions users and groups of its tenant by SCIM.

use credentials::DirectoryContext;
use kernel::{Code, Problem};
use platform::Cx;

/// A stretch of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// How many to pass over.
    pub offset: i64,
    /// How many at most.
    pub limit: i64,
}

/// What the directory of an authenticated request may do. Only a good token makes a [`DirectoryContext`], so nothing here is done without one.
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

/// A contradiction about what must be unique: the field says which member.
pub(crate) fn taken(pointer: &'static str, detail: &'static str) -> Problem {
    let mut problem = Problem::new(Code::Conflict, detail);
    problem.fields.push(kernel::Field { pointer: pointer.into(), detail: detail.to_owned() });
    problem
}
