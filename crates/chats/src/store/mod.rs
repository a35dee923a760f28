//! Every SQL statement of chats.

pub(crate) mod conversations;
pub(crate) mod feedback;
pub(crate) mod messages;
pub(crate) mod running;
