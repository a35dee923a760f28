//! The templates of emails, in the languages of the front end.

use crate::Email;

/// A language of the front end.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Swedish.
    Swedish,
}

impl Language {
    /// The language of a tag; English for any other tag, or none.
    #[must_use]
    pub fn of(tag: Option<&str>) -> Self {
        match tag.map(|tag| tag.split('-').next().unwrap_or(tag)) {
            Some("sv") => Self::Swedish,
            _ => Self::English,
        }
    }
}

/// A kind of email.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmailTemplate {
    /// A link to reset the password.
    Reset,
    /// A link to set the first password.
    Invitation,
}

/// The recipient and the link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipient<'a> {
    /// E-mail address.
    pub email: &'a str,
    /// Name.
    pub name: &'a str,
    /// The organisation's name.
    pub organisation: &'a str,
    /// The link, with its secret.
    pub url: &'a str,
}

/// Most characters of a name in an email.
const MOST_OF_A_NAME: usize = 60;

/// A name, made safe for an email. Users choose the names of people and organisations, so a name
/// must not become a link, break a line, or change the direction of the text: our emails must not
/// carry a stranger's message.
pub(crate) fn clean(name: &str) -> String {
    let is_invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut out = String::new();
    for c in name.chars() {
        match c {
            // A full stop between letters makes words a host name.
            '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => out.push_str(". "),
            '/' | '\\' | '@' | ':' | '<' | '>' | '[' | ']' | '#' | '?' | '&' | '=' | '%'
            | '\u{2044}' | '\u{ff0f}' => {
                out.push(' ');
            }
            c if c.is_whitespace() || is_invisible(c) => out.push(' '),
            c => out.push(c),
        }
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    words.join(" ").chars().take(MOST_OF_A_NAME).collect::<String>().trim_end().to_owned()
}

/// Renders an email in a language.
#[must_use]
pub fn render(language: Language, template: EmailTemplate, to: Recipient<'_>) -> Email {
    let Recipient { email, url, .. } = to;
    let (name, organisation) = (clean(to.name), clean(to.organisation));
    let (subject, text) = match (language, template) {
        (Language::English, EmailTemplate::Reset) => (
            format!("New password for {organisation}"),
            format!(
                "Hello {name},\n\na person, probably you, asked for a new password for {email} at {organisation}. Choose one here within an hour:\n\n{url}\n\nThe link works once. If it was not you, do nothing: your password stays as it is.\n"
            ),
        ),
        (Language::Swedish, EmailTemplate::Reset) => (
            format!("Nytt lösenord för {organisation}"),
            format!(
                "Hej {name},\n\nnågon, troligen du, har bett om ett nytt lösenord för {email} hos {organisation}. Välj ett här inom en timme:\n\n{url}\n\nLänken fungerar en gång. Om det inte var du behöver du inte göra något: ditt lösenord är oförändrat.\n"
            ),
        ),
        (Language::English, EmailTemplate::Invitation) => (
            format!("You are invited to {organisation}"),
            format!(
                "Hello {name},\n\nyou have been invited to {organisation}. Choose a password here within seven days, and you are in:\n\n{url}\n\nThe link works once.\n"
            ),
        ),
        (Language::Swedish, EmailTemplate::Invitation) => (
            format!("Du är inbjuden till {organisation}"),
            format!(
                "Hej {name},\n\ndu har blivit inbjuden till {organisation}. Välj ett lösenord här inom sju dagar, så är du inne:\n\n{url}\n\nLänken fungerar en gång.\n"
            ),
        ),
    };
    Email { to: email.to_owned(), name, subject, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_makes_a_link_breaks_a_line_or_writes_a_message() {
        for (name, shown) in [
            ("Eva Ek", "Eva Ek"),
            ("J.R.R. Åberg-O'Neil", "J. R. R. Åberg-O'Neil"),
            ("https://evil.example/pay?a=b", "https evil. example pay a b"),
            ("www.evil.example", "www. evil. example"),
            ("mail me@evil.example", "mail me evil. example"),
            ("two\r\nlines\u{2028}or\u{202e}more\u{200b}", "two lines or more"),
            ("evil。example <b>", "evil. example b"),
            ("   ", ""),
        ] {
            assert_eq!(clean(name), shown, "{name:?}");
        }
        assert_eq!(clean(&"x".repeat(100)).chars().count(), MOST_OF_A_NAME);
        let to = Recipient {
            email: "e@example.org",
            name: "Pay at\nhttps://evil.example",
            organisation: "evil.example\r\nBcc: all@example.org",
            url: "https://x.example/reset#1",
        };
        for template in [EmailTemplate::Reset, EmailTemplate::Invitation] {
            let email = render(Language::English, template, to);
            assert_eq!(email.text.matches("://").count(), 1, "{email:?}");
            assert!(
                !email.text.contains("evil.example") && !email.subject.contains(['\r', '\n', '@']),
                "{email:?}"
            );
            assert!(!email.name.contains(['\r', '\n', '/']), "{email:?}");
        }
    }

    #[test]
    fn every_mail_names_the_organisation_and_has_the_link_on_its_own_line() {
        let to = Recipient {
            email: "e@example.org",
            name: "Eva",
            organisation: "Åkeriet",
            url: "https://x.example/reset#1",
        };
        for (language, hello) in [(Language::English, "Hello Eva"), (Language::Swedish, "Hej Eva")]
        {
            for template in [EmailTemplate::Reset, EmailTemplate::Invitation] {
                let email = render(language, template, to);
                assert!(
                    email.subject.contains("Åkeriet") && email.text.starts_with(hello),
                    "{email:?}"
                );
                assert!(email.text.lines().any(|line| line == to.url), "{email:?}");
            }
        }
        assert_eq!(
            (Language::of(Some("sv-FI")), Language::of(Some("de"))),
            (Language::Swedish, Language::English)
        );
        assert_eq!(Language::of(None), Language::English);
    }
}
