//! Questions, answers and their streams.

pub(crate) mod answers;
pub(crate) mod attachments;
pub(crate) mod generated;
pub(crate) mod open_streams;
