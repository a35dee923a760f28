//! Emails by SMTP, with `lettre`.

use std::time::Duration;

use kernel::{Problem, Result};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor, transport::smtp::Error,
};

use crate::Failure;

/// Timeout of one SMTP command; the job is retried later.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Timeout of a complete delivery, for a server that keeps sending without end.
const WHOLE: Duration = Duration::from_secs(60);

pub(crate) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

/// The URL with its encryption made explicit. The links in emails need it, so a missing option must
/// not mean clear text.
fn with_tls(url: &str) -> String {
    let Some(rest) = url.strip_prefix("smtp://") else { return url.to_owned() };
    if let Some((plain, _)) = url.split_once("?tls=none") {
        return plain.to_owned();
    }
    if rest.contains("tls=") {
        return url.to_owned();
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let loopback =
        host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
    if loopback { url.to_owned() } else { format!("{url}?tls=required") }
}

impl Smtp {
    pub(crate) fn new(url: &str) -> Result<Self> {
        // The URL holds a password: the error names the mistake, not the URL.
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(&with_tls(url)).map_err(|e| {
                Problem::internal(format!(
                    "configuration: smtp_url: expected smtps://user:password@host[:port]: {e}"
                ))
            })?;
        Ok(Self(builder.timeout(Some(TIMEOUT)).build()))
    }

    pub(crate) async fn send(&self, message: Message) -> std::result::Result<(), Failure> {
        let sending = tokio::time::timeout(WHOLE, self.0.send(message));
        match sending.await {
            Ok(sent) => sent.map(|_| ()).map_err(|error| failure(&error)),
            Err(late) => Err(Failure::Transient(Problem::unavailable("the mail server", late))),
        }
    }
}

/// 550 to 553 are about the recipient and permanent; other failures may pass.
fn failure(error: &Error) -> Failure {
    let status = error.status().map(u16::from);
    if status.is_some_and(|status| (550..=553).contains(&status)) {
        return Failure::Refused(format!("the mail server refused it: {error}"));
    }
    Failure::Transient(Problem::unavailable("the mail server", error))
}

#[cfg(test)]
mod tests {
    use super::with_tls;

    #[test]
    fn only_loopback_and_an_explicit_option_go_without_encryption() {
        let kept = [
            "smtps://u:p@mail.example.org",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://[::1]:25",
        ];
        for url in kept {
            assert_eq!(with_tls(url), url);
        }
        assert_eq!(
            with_tls("smtp://u:p@mail.example.org:587"),
            "smtp://u:p@mail.example.org:587?tls=required"
        );
        assert_eq!(
            with_tls("smtp://localhost@mail.example.org"),
            "smtp://localhost@mail.example.org?tls=required"
        );
        assert_eq!(with_tls("smtp://mail.example.org?tls=none"), "smtp://mail.example.org");
    }
}
