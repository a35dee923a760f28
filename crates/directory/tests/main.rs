//! User groups, and what a directory provisions, on a real Postgres.

#[cfg(test)]
mod groups;
#[cfg(test)]
mod provisioning;
