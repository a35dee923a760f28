//! The SQL of usage, one file for each noun.

pub(crate) mod alerts;
pub(crate) mod calls;
pub(crate) mod measure;
pub(crate) mod own_usage;
pub(crate) mod policies;
pub(crate) mod quotas;
pub(crate) mod reports;
