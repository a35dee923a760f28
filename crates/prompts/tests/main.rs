//! Prompts on a real Postgres.

#[cfg(test)]
mod limits;
#[cfg(test)]
mod verbs;
