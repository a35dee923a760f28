#![doc = include_str!("../README.md")]

pub mod alert;
pub mod job;
pub mod measure;
pub mod meter;
pub mod own_usage;
pub mod policy;
pub mod quota;
pub mod record;
pub mod report;
pub mod reservation;

mod store;
