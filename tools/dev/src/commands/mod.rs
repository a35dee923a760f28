//! The commands, one file each. Each gives the exit code; an error is printed by the caller.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod calibrate;
pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod fuzz;
pub(crate) mod lint;
pub(crate) mod package;
pub(crate) mod schemathesis;
pub(crate) mod test;
