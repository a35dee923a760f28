//! The host, tested from outside: the cases of the contract guest, and what only a client can see.
//!
//! Needs `TESSERA_TEST_DATABASE_URL` and `TESSERA_TEST_REDIS_URL`; with `--ignored`, `SPIN` names a
//! Spin binary to run the same cases on. The guest comes from `TESSERA_CONTRACT_GUEST`, or is built
//! with cargo.

#[cfg(test)]
mod access_log;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod compression;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod egress;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod fairness;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod http_front;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod maintenance;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod postgres_budget;
#[cfg(test)]
mod slow_client;
#[cfg(test)]
mod spin;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod unary;
