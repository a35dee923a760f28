#![doc = include_str!("../README.md")]

pub mod backup;
pub mod cli;
pub mod commands;
pub mod console;
pub mod lock;
pub mod paths;
pub mod ports;
pub mod release;
pub mod secrets;
pub mod setup;
pub mod stack;
pub mod supervise;
pub mod top;
