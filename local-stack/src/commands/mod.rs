//! The commands of `local-stack`, one file each. Each gives the exit code; an error is printed by the caller.

pub mod backup;
pub mod doctor;
pub mod down;
pub mod redis;
pub mod reset;
pub mod servers;
pub mod up;
pub mod worker;
