//! Websites on a real Postgres.

#[cfg(test)]
mod verbs;
