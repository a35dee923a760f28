//! Emails about quotas of language models, in the languages of the front end.

use crate::{
    Email,
    template::{Language, clean},
};

/// What an email about a quota says. The words are those of the table `quotas`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuotaAlert<'a> {
    /// The recipient's address.
    pub email: &'a str,
    /// The recipient's name.
    pub name: &'a str,
    /// The organisation's name.
    pub organisation: &'a str,
    /// The kind of the quota's subject.
    pub subject: &'a str,
    /// The name of its group, user, key or model.
    pub subject_name: Option<&'a str>,
    /// It is the recipient's own quota.
    pub is_own: bool,
    /// `cost`, `tokens` or `requests`.
    pub measure: &'a str,
    /// `minute`, `hour`, `day` or `month`.
    pub period: &'a str,
    /// The threshold: 1 to 100.
    pub percent: i32,
    /// What was used when it was crossed; decimal text.
    pub used: &'a str,
    /// The limit; decimal text.
    pub limit: &'a str,
    /// When the quota begins again, in UTC: `2026-12-01 00:00`.
    pub ends_at: &'a str,
    /// Where the quota is shown.
    pub url: &'a str,
}

impl QuotaAlert<'_> {
    /// Renders the email in a language.
    #[must_use]
    pub fn render(&self, language: Language) -> Email {
        let (name, organisation) = (clean(self.name), clean(self.organisation));
        let quota = self.quota(language);
        let Self { percent, used, ends_at, url, .. } = self;
        let (subject, text) = match language {
            Language::English => {
                let subject = if *percent >= 100 {
                    format!("A quota at {organisation} is used up")
                } else {
                    format!("{percent}% of a quota at {organisation} is used")
                };
                let end = if *percent >= 100 {
                    "Until then, questions that count towards it are refused."
                } else {
                    "Once it is used up, questions that count towards it are refused until then."
                };
                let text = format!(
                    "Hello {name},\n\n{used} of {quota} has been used. It begins again at {ends_at} UTC. {end}\n\n{url}\n"
                );
                (subject, text)
            }
            Language::Swedish => {
                let subject = if *percent >= 100 {
                    format!("En kvot hos {organisation} är förbrukad")
                } else {
                    format!("{percent} % av en kvot hos {organisation} är förbrukad")
                };
                let end = if *percent >= 100 {
                    "Till dess nekas de frågor som räknas av från den."
                } else {
                    "När den är förbrukad nekas de frågor som räknas av från den, till dess att den börjar om."
                };
                let used = used.replace('.', ",");
                let text = format!(
                    "Hej {name},\n\n{used} av {quota} har förbrukats. Kvoten börjar om {ends_at} UTC. {end}\n\n{url}\n"
                );
                (subject, text)
            }
        };
        Email { to: self.email.to_owned(), name, subject, text }
    }

    /// Limit, period, and whose it is.
    fn quota(&self, language: Language) -> String {
        let limit = self.limit;
        let named = clean(self.subject_name.unwrap_or_default());
        match language {
            Language::English => {
                let unit = match self.measure {
                    "cost" => "US dollars",
                    "tokens" => "tokens",
                    _ => "questions",
                };
                let article = if self.period == "hour" { "an" } else { "a" };
                let whose = match self.subject {
                    _ if self.is_own => "you".to_owned(),
                    "group" => format!("the group {named}"),
                    "api_key" => format!("the API key {named}"),
                    "model" => format!("the model {named}"),
                    "user" => named,
                    _ => "the organisation".to_owned(),
                };
                format!("{limit} {unit} {article} {} for {whose}", self.period)
            }
            Language::Swedish => {
                let unit = match self.measure {
                    "cost" => "USD",
                    "tokens" => "token",
                    _ => "frågor",
                };
                let period = match self.period {
                    "minute" => "per minut",
                    "hour" => "per timme",
                    "month" => "per månad",
                    _ => "per dygn",
                };
                let whose = match self.subject {
                    _ if self.is_own => "dig".to_owned(),
                    "group" => format!("gruppen {named}"),
                    "api_key" => format!("API-nyckeln {named}"),
                    "model" => format!("modellen {named}"),
                    "user" => named,
                    _ => "organisationen".to_owned(),
                };
                format!("{} {unit} {period} för {whose}", limit.replace('.', ","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> QuotaAlert<'static> {
        QuotaAlert {
            email: "e@example.org",
            name: "Eva",
            organisation: "Åkeriet",
            subject: "tenant",
            subject_name: None,
            is_own: false,
            measure: "cost",
            period: "day",
            percent: 80,
            used: "16.2",
            limit: "20.5",
            ends_at: "2026-12-01 00:00",
            url: "https://x.example/admin/quotas",
        }
    }

    #[test]
    fn it_says_how_much_of_which_quota_is_used_until_when() {
        let email = alert().render(Language::English);
        assert_eq!(email.subject, "80% of a quota at Åkeriet is used");
        let used = "16.2 of 20.5 US dollars a day for the organisation has been used. It begins again at 2026-12-01 00:00 UTC.";
        assert!(email.text.starts_with("Hello Eva") && email.text.contains(used), "{email:?}");
        assert!(email.text.lines().any(|line| line == alert().url), "{email:?}");
        let email = alert().render(Language::Swedish);
        assert_eq!(email.subject, "80 % av en kvot hos Åkeriet är förbrukad");
        let used = "16,2 av 20,5 USD per dygn för organisationen har förbrukats.";
        assert!(email.text.starts_with("Hej Eva") && email.text.contains(used), "{email:?}");
    }

    #[test]
    fn a_quota_that_is_used_up_and_whose_it_is() {
        let own = QuotaAlert { percent: 100, subject: "each_user", is_own: true, ..alert() };
        let group =
            QuotaAlert { subject: "group", subject_name: Some("www.evil.example"), ..alert() };
        let english = own.render(Language::English);
        assert!(english.subject.ends_with("is used up") && english.text.contains(" for you has"));
        assert!(own.render(Language::Swedish).text.contains(" för dig har"));
        let text = group.render(Language::English).text;
        assert!(text.contains("for the group www. evil. example has"), "no link: {text}");
    }
}
