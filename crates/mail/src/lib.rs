#![doc = include_str!("../README.md")]

mod mailer;
mod outbox;
mod quota_alert;
mod smtp;
pub mod template;

pub use mailer::{Email, Failure, Mailer};
pub use quota_alert::QuotaAlert;
