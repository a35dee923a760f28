//! The chat component in the process of the test, on a real database.

#[cfg(test)]
mod feedback;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod pictures;
#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
#[expect(dead_code, reason = "the stub of another crate's tests can do more")]
mod provider;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod temporary;
