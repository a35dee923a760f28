//! The search component.
