#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support fails loudly"
)]

mod app;
mod authority;
mod database;
mod fixture;
mod operation;
mod person;
mod tls_front;

pub use app::{App, Reply, TestRequest};
pub use authority::CertificateAuthority;
pub use database::{Database, passwords, test_redis, test_redis_url};
pub use fixture::Fixture;
pub use operation::Operation;
pub use person::Person;
pub use tls_front::TlsFront;
