//! The web component.
