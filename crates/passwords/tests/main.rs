//! Setting passwords on a real database.

mod setup_link;
