#![doc = include_str!("../README.md")]

mod mailer;
mod outbox;
mod smtp;
pub mod template;

pub use mailer::{Email, Failure, Mailer};
