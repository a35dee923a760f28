//! The client against a server that does what real ones do, and worse.

mod complete;
mod embed;
mod provider;
