//! Whom a request comes from, once its route has let them in.

use credentials::{DirectoryContext, OperatorContext};

use crate::UserRequest;

/// Whom a route has let in. Made by a [`crate::guard`] only.
pub enum Caller {
    /// Anybody, or a process of the installation: they have no context.
    Unnamed,
    /// A signed-in person, or a program with one of their keys.
    User(Box<UserRequest>),
    /// Who runs the installation.
    Operator(Box<OperatorContext>),
    /// A tenant's directory.
    Directory(Box<DirectoryContext>),
}
