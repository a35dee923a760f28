#![doc = include_str!("../README.md")]

pub mod database;

#[cfg(feature = "run")]
pub mod cli;
#[cfg(feature = "run")]
pub mod client;
#[cfg(feature = "run")]
pub mod commands;
#[cfg(feature = "run")]
pub mod console;
#[cfg(feature = "run")]
pub mod lock;
#[cfg(feature = "run")]
pub mod memory;
#[cfg(feature = "run")]
pub mod places;
#[cfg(feature = "run")]
pub mod ports;
#[cfg(feature = "run")]
pub mod secrets;
#[cfg(feature = "run")]
pub mod setup;
#[cfg(feature = "run")]
pub mod stack;
#[cfg(feature = "run")]
pub mod supervise;
