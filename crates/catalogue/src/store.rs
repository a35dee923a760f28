//! The SQL of providers, models, aliases and rerankers.

pub(crate) mod aliases;
pub(crate) mod models;
pub(crate) mod providers;
pub(crate) mod replacement;
pub(crate) mod rerankers;
pub(crate) mod targets;
pub(crate) mod usable;
