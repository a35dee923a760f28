//! `spin:postgres` on sqlx: a pool per component and address, one budget for all,
//! statements prepared first, values in the server's own types.

mod address;
mod budget;
mod classify;
mod decode;
mod encode;
mod failure;
mod host;
mod numeric;
mod pool;
mod query;
mod range;
mod server;
mod slot;
mod types;

pub(crate) use budget::BudgetUsage;
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub use host::{GuestConnection, GuestConnectionBuilder};
pub(crate) use pool::{PoolSet, Pools};
