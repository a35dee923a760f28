#![doc = include_str!("../README.md")]

pub mod letter;
mod mailer;
mod outbox;
mod smtp;

pub use mailer::{Failure, Mail, Mailer};
