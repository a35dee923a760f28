#![doc = include_str!("../README.md")]

pub mod alias;
pub mod known;
pub mod model;
pub mod provider;
pub mod replacement;
pub mod reranker;
pub mod target;
pub mod usable;

mod base_url;
mod store;
