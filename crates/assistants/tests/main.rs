//! Assistants on a real Postgres.

#[cfg(test)]
mod personal;
#[cfg(test)]
mod verbs;
