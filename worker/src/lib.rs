#![doc = include_str!("../README.md")]

pub mod cli;
mod dispatch;
pub mod embed;
pub mod extractor;
mod ingest;
mod language;
mod mails;
mod news;
mod rotate;
mod run;
mod settings;
mod shutdown;
mod store;
mod task;
mod tend;
mod turns;
