//! The port: a mail, and the two ways to get rid of it.

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

/// A mail to one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// Address.
    pub to: String,
    /// The person's name.
    pub name: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Why a mail was not sent.
#[derive(Debug)]
pub enum Failure {
    /// Trying again would not help.
    Refused(String),
    /// It may.
    Trouble(Problem),
}

enum Way {
    Smtp(Smtp),
    Outbox(Outbox),
}

/// Sends mails.
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

/// Without control characters, which would begin a header of their own.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Mailer {
    /// From the variables `smtp_url`, `mail_from` and `mail_outbox`; nothing where neither server nor folder is named.
    ///
    /// # Errors
    /// `internal`, naming the variable, where one is not understood.
    pub async fn from_config() -> Result<Option<Self>> {
        let way = match (config::optional("smtp_url").await?, config::optional("mail_outbox").await?) {
            (Some(url), _) => Way::Smtp(Smtp::new(&url)?),
            (None, Some(folder)) => Way::Outbox(Outbox::new(folder)),
            (None, None) => return Ok(None),
        };
        let from = match config::optional("mail_from").await? {
            Some(from) => from,
            None if matches!(way, Way::Outbox(_)) => "Tessera <tessera@localhost>".to_owned(),
            None => {
                let detail = "configuration: mail_from: expected an address such as `Tessera <noreply@example.org>`";
                return Err(Problem::internal(detail));
            }
        };
        Self::new(&from, way).map(Some)
    }

    fn new(from: &str, way: Way) -> Result<Self> {
        let from = from.parse().map_err(|e| Problem::internal(format!("configuration: mail_from: {e}")))?;
        Ok(Self { from, way })
    }

    /// By a server: `smtps://user:password@host`, `smtp://…`.
    ///
    /// # Errors
    /// `internal` where address or URL are not understood.
    pub fn smtp(from: &str, url: &str) -> Result<Self> {
        Self::new(from, Way::Smtp(Smtp::new(url)?))
    }

    /// Into a folder.
    ///
    /// # Errors
    /// `internal` where the address is not understood.
    pub fn outbox(from: &str, folder: impl Into<std::path::PathBuf>) -> Result<Self> {
        Self::new(from, Way::Outbox(Outbox::new(folder)))
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// Whether trying again may help, and why it was not sent; never the text.
    pub async fn send(&self, mail: &Mail) -> std::result::Result<(), Failure> {
        let message = self.message(mail)?;
        match &self.way {
            Way::Smtp(smtp) => smtp.send(message).await,
            Way::Outbox(outbox) => outbox.put(&message.formatted()).await.map_err(Failure::Trouble),
        }
    }

    fn message(&self, mail: &Mail) -> std::result::Result<Message, Failure> {
        let to: Address = mail.to.parse().map_err(|e| Failure::Refused(format!("the address is not valid: {e}")))?;
        let name = line(&mail.name);
        // A file is read as it is, so a link in it stays whole; for the way by SMTP lettre encodes what a server may not take.
        let body = match &self.way {
            Way::Smtp(_) => Body::new(mail.text.clone()),
            Way::Outbox(_) => {
                let lines = mail.text.replace('\r', "").replace('\n', "\r\n");
                Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::EightBit)
            }
        };
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new((!name.trim().is_empty()).then_some(name), to))
            .subject(line(&mail.subject))
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            .body(body);
        message.map_err(|e| Failure::Refused(format!("the mail cannot be written: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(mail: &Mail) -> String {
        let mailer = Mailer::outbox("Tessera <tessera@example.org>", "/nowhere").unwrap();
        String::from_utf8(mailer.message(mail).unwrap().formatted()).unwrap()
    }

    #[test]
    fn nothing_that_people_choose_begins_a_header() {
        let mail = Mail {
            to: "eva@example.org".to_owned(),
            name: "Eva\r\nBcc: all@example.org".to_owned(),
            subject: "Welcome to A\r\n\r\nB\nBcc: all@example.org\0".to_owned(),
            text: "Bcc: all@example.org\r\n.\r\nQUIT\r\n".to_owned(),
        };
        let text = written(&mail);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|l| l.to_lowercase().starts_with("bcc")), "{head}");
        assert_eq!(head.lines().filter(|l| !l.starts_with(' ') && !l.contains(':')).count(), 0, "{head}");
        assert!(body.contains("QUIT"), "{body}");
    }

    #[test]
    fn an_address_that_is_none_or_several_is_refused() {
        let mailer = Mailer::outbox("Tessera <tessera@example.org>", "/nowhere").unwrap();
        for to in
            ["", "eva", "eva@example.org\r\nRCPT TO:<x@example.org>", "a@example.org, b@example.org", "<a@example.org>"]
        {
            let mail = Mail { to: to.to_owned(), name: String::new(), subject: "S".to_owned(), text: "T".to_owned() };
            assert!(matches!(mailer.message(&mail), Err(Failure::Refused(_))), "{to}");
        }
    }
}
