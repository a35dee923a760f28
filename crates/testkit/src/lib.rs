#![doc = include_str!("../README.md")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc, reason = "test support fails loudly")]

mod database;
mod person;

pub use database::{Database, passwords, test_redis, test_redis_url};
pub use person::Person;
