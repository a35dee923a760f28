//! Limits, overload and servers that die.

pub(crate) mod behind_tls;
pub(crate) mod bounds;
pub(crate) mod crawls;
pub(crate) mod exhaustion;
pub(crate) mod fairness;
pub(crate) mod faults;
