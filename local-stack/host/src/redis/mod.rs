//! `spin:redis`: ordinary commands share one connection per server, commands that block or keep
//! state get their own.

mod command;
mod connection;
mod host;
mod reply;

pub(crate) use connection::{RedisServers, Server};
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub use host::GuestConnection;
