//! Requests of directories, well-formed and malformed.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod filters;
#[cfg(test)]
mod properties;
