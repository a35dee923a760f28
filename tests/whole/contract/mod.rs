//! Tests of every route: the contract, the authorization matrix, malformed requests.

pub(crate) mod bad_input;
pub(crate) mod cases;
pub(crate) mod hostile_bodies;
pub(crate) mod matrix;
pub(crate) mod openapi;
pub(crate) mod policy_table;
pub(crate) mod whole_requests;
