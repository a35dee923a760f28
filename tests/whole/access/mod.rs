//! Authorization: roles, API keys, isolation of tenants, audit, compromised components.

pub(crate) mod assistant_keys;
pub(crate) mod attacks;
pub(crate) mod audit;
pub(crate) mod denials;
pub(crate) mod grants;
pub(crate) mod isolation;
pub(crate) mod on_record;
pub(crate) mod rights;
pub(crate) mod roles;
pub(crate) mod takeover;
pub(crate) mod takeover_redis;
pub(crate) mod takeover_table;
