//! Spaces on a real Postgres.

#[cfg(test)]
mod roles;
