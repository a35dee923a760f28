//! The audit log on a real Postgres, for people with their stored roles.

#[cfg(test)]
mod exports;
#[cfg(test)]
mod organisation;
#[cfg(test)]
mod reading;
