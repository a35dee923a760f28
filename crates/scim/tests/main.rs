//! What directories send, and what nobody should.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod filters;
#[cfg(test)]
mod properties;
