//! Outbound connections of guests: allowed hosts, blocked networks, and the HTTP client that
//! enforces both.

pub(crate) mod allowed_hosts;
pub(crate) mod blocked;
pub(crate) mod connector;
pub(crate) mod http;
pub(crate) mod send;
