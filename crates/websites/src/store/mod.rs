//! Every SQL statement of websites, one file a subject.

pub(crate) mod checks;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod crawling;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod frontier;
pub(crate) mod pages;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod removals;
pub(crate) mod runs;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod visits;
pub(crate) mod websites;
