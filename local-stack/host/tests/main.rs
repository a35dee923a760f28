//! The host, driven from outside: the contract guest's cases, and what only a client can see.
//!
//! Needs `TESSERA_TEST_DATABASE_URL` and `TESSERA_TEST_REDIS_URL`; `SPIN` names a Spin binary to run the same cases on.
//! The guest comes from `TESSERA_CONTRACT_GUEST`, or is built with cargo.

mod contract;
mod egress;
mod failures;
mod http_front;
mod lifecycle;
mod postgres;
mod spin;
mod stage;
mod streaming;
