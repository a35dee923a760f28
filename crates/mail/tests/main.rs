//! Mails to a server that speaks SMTP, and into a folder.

#[cfg(test)]
mod sending;
#[cfg(test)]
mod server;
