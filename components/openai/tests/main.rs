//! The OpenAI-compatible door in the process of the test: on a real database and Redis, with models
//! that say what the test decides.

#[cfg(test)]
mod chat;
#[cfg(test)]
mod embeddings;
#[cfg(test)]
mod operations;
#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
mod provider;
#[cfg(test)]
mod responses;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod room;
#[cfg(test)]
mod rows;
