#![doc = include_str!("../README.md")]

pub mod cli;
mod dispatch;
mod emails;
pub mod embed;
mod events;
pub mod extractor;
mod ingest;
mod language;
mod maintenance;
mod rotate;
mod run;
mod settings;
mod shutdown;
mod store;
mod task;
mod turns;
