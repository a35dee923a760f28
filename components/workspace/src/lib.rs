//! The workspace component.
