#![doc = include_str!("../README.md")]

pub mod alias;
pub mod model;
pub mod provider;

mod base_url;
mod store;
