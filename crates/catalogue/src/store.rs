//! The SQL of providers, models and aliases.

pub(crate) mod aliases;
pub(crate) mod models;
pub(crate) mod providers;
pub(crate) mod targets;
pub(crate) mod usable;
