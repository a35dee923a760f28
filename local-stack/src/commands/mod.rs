//! The commands of `local-stack`, one file each. Each returns the exit code; the caller prints an
//! error.

pub mod backup;
mod confirm;
pub mod doctor;
pub mod down;
pub mod redis;
pub mod reset;
pub mod servers;
pub mod top;
pub mod up;
pub mod worker;
