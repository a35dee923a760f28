//! Every SQL statement of websites, one file a subject.

pub(crate) mod checks;
pub(crate) mod pages;
pub(crate) mod runs;
pub(crate) mod websites;
