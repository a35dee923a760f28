//! Every SQL statement of credentials.

pub(crate) mod api_keys;
pub(crate) mod model_grants;
pub(crate) mod operators;
pub(crate) mod requests;
pub(crate) mod scim_tokens;
pub(crate) mod sessions;
