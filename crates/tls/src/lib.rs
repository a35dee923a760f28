#![doc = include_str!("../README.md")]

mod authorities;
mod postgres;
mod redis;
mod refusal;

pub use authorities::{Authorities, PG_CA, REDIS_CA};
pub use postgres::{postgres_options, secure_postgres};
pub use redis::{RedisAddress, connect_redis, open_redis};
pub use refusal::explain;
