//! The port: an email, and the two transports for it.

use kernel::{Problem, Result};
use lettre::{
    Address, Message,
    message::{
        Body, Mailbox,
        header::{ContentTransferEncoding, ContentType},
    },
};
use platform::config;

use crate::{outbox::Outbox, smtp::Smtp};

/// An email to one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Email {
    /// E-mail address.
    pub to: String,
    /// The person's name.
    pub name: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Why an email was not sent.
#[derive(Debug)]
pub enum Failure {
    /// Permanent: a retry would not help.
    Refused(String),
    /// Transient: a retry may help.
    Transient(Problem),
}

enum Transport {
    Smtp(Smtp),
    Outbox(Outbox),
}

/// Sends emails.
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

/// Removes control characters, which could begin another header.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Mailer {
    /// From the variables `smtp_url`, `mail_from` and `mail_outbox`; None if neither a server nor a
    /// folder is configured.
    ///
    /// # Errors
    /// `internal`, naming the variable, if one is malformed.
    pub async fn from_config() -> Result<Option<Self>> {
        let transport =
            match (config::optional("smtp_url").await?, config::optional("mail_outbox").await?) {
                (Some(url), _) => Transport::Smtp(Smtp::new(&url)?),
                (None, Some(folder)) => Transport::Outbox(Outbox::new(folder)),
                (None, None) => return Ok(None),
            };
        let from = match config::optional("mail_from").await? {
            Some(from) => from,
            None if matches!(transport, Transport::Outbox(_)) => {
                "Tessera <tessera@localhost>".to_owned()
            }
            None => {
                let detail = "configuration: mail_from: expected an address such as `Tessera <noreply@example.org>`";
                return Err(Problem::internal(detail));
            }
        };
        Self::new(&from, transport).map(Some)
    }

    fn new(from: &str, transport: Transport) -> Result<Self> {
        let from = from
            .parse()
            .map_err(|e| Problem::internal(format!("configuration: mail_from: {e}")))?;
        Ok(Self { from, transport })
    }

    /// By a server: `smtps://user:password@host`, `smtp://…`.
    ///
    /// # Errors
    /// `internal` if the address or URL is malformed.
    pub fn smtp(from: &str, url: &str) -> Result<Self> {
        Self::new(from, Transport::Smtp(Smtp::new(url)?))
    }

    /// Into a folder.
    ///
    /// # Errors
    /// `internal` if the address is malformed.
    pub fn outbox(from: &str, folder: impl Into<std::path::PathBuf>) -> Result<Self> {
        Self::new(from, Transport::Outbox(Outbox::new(folder)))
    }

    /// Sends an email.
    ///
    /// # Errors
    /// Whether a retry may help, and why it was not sent; never the text.
    pub async fn send(&self, email: &Email) -> std::result::Result<(), Failure> {
        let message = self.message(email)?;
        match &self.transport {
            Transport::Smtp(smtp) => smtp.send(message).await,
            Transport::Outbox(outbox) => {
                outbox.put(&message.formatted()).await.map_err(Failure::Transient)
            }
        }
    }

    fn message(&self, email: &Email) -> std::result::Result<Message, Failure> {
        let to: Address = email
            .to
            .parse()
            .map_err(|e| Failure::Refused(format!("the address is not valid: {e}")))?;
        let name = line(&email.name);
        // A person reads the file as it is, so a link in it stays on one line; for SMTP lettre
        // encodes what a server may not accept.
        let body = match &self.transport {
            Transport::Smtp(_) => Body::new(email.text.clone()),
            Transport::Outbox(_) => {
                let lines = email.text.replace('\r', "").replace('\n', "\r\n");
                Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::EightBit)
            }
        };
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new((!name.trim().is_empty()).then_some(name), to))
            .subject(line(&email.subject))
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            .body(body);
        message.map_err(|e| Failure::Refused(format!("the mail cannot be written: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(email: &Email) -> String {
        let mailer = Mailer::outbox("Tessera <tessera@example.org>", "/nowhere").unwrap();
        String::from_utf8(mailer.message(email).unwrap().formatted()).unwrap()
    }

    #[test]
    fn no_text_of_a_user_begins_a_header() {
        let mail = Email {
            to: "eva@example.org".to_owned(),
            name: "Eva\r\nBcc: all@example.org".to_owned(),
            subject: "Welcome to A\r\n\r\nB\nBcc: all@example.org\0".to_owned(),
            text: "Bcc: all@example.org\r\n.\r\nQUIT\r\n".to_owned(),
        };
        let text = written(&mail);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|l| l.to_lowercase().starts_with("bcc")), "{head}");
        assert_eq!(
            head.lines().filter(|l| !l.starts_with(' ') && !l.contains(':')).count(),
            0,
            "{head}"
        );
        assert!(body.contains("QUIT"), "{body}");
    }

    #[test]
    fn a_malformed_address_or_a_list_of_addresses_is_refused() {
        let mailer = Mailer::outbox("Tessera <tessera@example.org>", "/nowhere").unwrap();
        for to in [
            "",
            "eva",
            "eva@example.org\r\nRCPT TO:<x@example.org>",
            "a@example.org, b@example.org",
            "<a@example.org>",
        ] {
            let mail = Email {
                to: to.to_owned(),
                name: String::new(),
                subject: "S".to_owned(),
                text: "T".to_owned(),
            };
            assert!(matches!(mailer.message(&mail), Err(Failure::Refused(_))), "{to}");
        }
    }
}
