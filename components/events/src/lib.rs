//! The events component.
