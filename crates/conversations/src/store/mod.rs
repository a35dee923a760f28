//! Every SQL statement of conversations.

pub(crate) mod attachments;
pub(crate) mod conversations;
pub(crate) mod feedback;
pub(crate) mod messages;
pub(crate) mod running;
pub(crate) mod search;
pub(crate) mod shares;
pub(crate) mod tree;
