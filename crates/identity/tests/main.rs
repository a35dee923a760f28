//! Verbs of identity on a real database.

mod setup_link;
