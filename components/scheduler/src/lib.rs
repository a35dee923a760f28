//! The scheduler component.
