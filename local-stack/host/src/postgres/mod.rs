//! `spin:postgres` on sqlx: a pool per component and address, statements prepared first, values in
//! the server's own types.

mod address;
mod classify;
mod decode;
mod encode;
mod failure;
mod host;
mod numeric;
mod pool;
mod query;
mod range;
mod slot;
mod types;

#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub use host::{GuestConnection, GuestConnectionBuilder};
pub(crate) use pool::Pools;
