//! Uploads in the process of the test, on a real database.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod imports;
#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
#[expect(dead_code, reason = "the stub of another crate's tests can do more")]
mod provider;
#[cfg(test)]
mod recordings;
