//! Every SQL statement of conversations.

pub(crate) mod attachments;
pub(crate) mod conversations;
pub(crate) mod feedback;
pub(crate) mod folders;
pub(crate) mod messages;
pub(crate) mod running;
pub(crate) mod search;
pub(crate) mod shares;
pub(crate) mod tags;
pub(crate) mod titles;
pub(crate) mod tree;
pub(crate) mod vectors;
