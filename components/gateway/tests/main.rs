//! The gateway in the process of the test: rows on a real database, and stubs of providers.

#[cfg(test)]
mod breaker;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod operations;
#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
#[expect(dead_code, reason = "the stub of another crate's tests can do more")]
mod provider;
#[cfg(test)]
mod rerank;
#[cfg(test)]
mod tests_of_providers;
#[cfg(test)]
mod transcribe;
#[cfg(test)]
mod usage;
