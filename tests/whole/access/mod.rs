//! Authorization: roles, API keys, isolation of tenants, audit, compromised components.

pub(crate) mod api_keys;
pub(crate) mod assistant_key_ends;
pub(crate) mod assistant_keys;
pub(crate) mod attacks;
pub(crate) mod audit;
pub(crate) mod audit_export;
mod blast_powers;
pub(crate) mod blast_radius;
pub(crate) mod denials;
pub(crate) mod export_ends;
mod grants;
pub(crate) mod isolation;
pub(crate) mod on_record;
pub(crate) mod rights;
pub(crate) mod roles;
pub(crate) mod takeover;
pub(crate) mod takeover_redis;
pub(crate) mod takeover_table;
mod takeover_variables;
