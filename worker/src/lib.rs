#![doc = include_str!("../README.md")]

pub mod cli;
mod crawler;
mod dispatch;
pub mod embed;
mod events;
pub mod extractor;
mod generator;
mod ingest;
mod jobs;
mod maintenance;
mod maintenance_mode;
mod metrics;
mod migrate;
mod renderer;
mod rotate;
mod run;
mod schedules;
mod settings;
mod shutdown;
mod store;
mod task;
mod turns;
mod usage_metrics;
mod waker;
