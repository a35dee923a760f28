//! The OpenAI-compatible API in the process of the test, on a real database and Redis, with stubs of
//! models.

#[cfg(test)]
mod chat;
#[cfg(test)]
mod embeddings;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod pictures;
#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
mod provider;
#[cfg(test)]
mod responses;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod transcriptions;
