//! Setting passwords on a real Postgres.

mod setup_link;
