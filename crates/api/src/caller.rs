//! The authenticated caller of a request.

use credentials::{DirectoryContext, GrantContext, OperatorContext};

use crate::UserRequest;

/// The caller that a route has admitted. Made by a [`crate::guard`] only.
pub enum Caller {
    /// An anonymous client, or a process of the installation: no context.
    Unnamed,
    /// A signed-in user, or a program with one of their keys.
    User(Box<UserRequest>),
    /// An operator of the installation.
    Operator(Box<OperatorContext>),
    /// A tenant's directory.
    Directory(Box<DirectoryContext>),
    /// A component of ours, for a user.
    Granted(Box<GrantContext>),
}
