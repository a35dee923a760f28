//! What a page says to robots, by elements and by headers.

use super::PageRobots;

/// Dates that are kept, and characters of each.
const DATES: usize = 4;
const DATE_CHARS: usize = 60;

/// Directives that are known; a text between commas that is none of them belongs to the date before
/// it.
const KNOWN: &[&str] = &[
    "all",
    "index",
    "follow",
    "noindex",
    "nofollow",
    "none",
    "noarchive",
    "nosnippet",
    "noimageindex",
    "notranslate",
    "indexifembedded",
    "noodp",
    "noydir",
    "nositelinkssearchbox",
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
    "unavailable_after",
    "noai",
    "noimageai",
];

impl PageRobots {
    /// What the headers `X-Robots-Tag` of a file say, which has no elements.
    #[must_use]
    pub fn of_headers(headers: &[String], agent: &str) -> Self {
        let mut robots = Self::default();
        for header in headers {
            robots.add_header(header, agent);
        }
        robots
    }

    /// Adds what `<meta name="{name}" content="{content}">` says, if it speaks to all robots or to
    /// this one. What forbids more counts.
    pub(super) fn add_meta(&mut self, name: &str, content: &str, agent: &str) {
        if name.eq_ignore_ascii_case("robots")
            || (!agent.is_empty() && name.eq_ignore_ascii_case(agent))
        {
            self.add(content);
        }
    }

    /// Adds what an `X-Robots-Tag` says. `bot: …` speaks to one robot, up to the next such prefix.
    pub(super) fn add_header(&mut self, header: &str, agent: &str) {
        let (mut is_for_us, mut part) = (true, String::new());
        for directive in header.split(',') {
            let (prefix, rest) = directive.split_once(':').unwrap_or(("", directive));
            let prefix = prefix.trim();
            let names_bot = !prefix.is_empty() && is_token(prefix) && !is_known(prefix);
            if names_bot {
                self.add(&std::mem::take(&mut part));
                is_for_us = prefix.eq_ignore_ascii_case(agent)
                    || prefix == "*"
                    || prefix.eq_ignore_ascii_case("robots");
            }
            if is_for_us {
                part.push_str(if names_bot { rest } else { directive });
                part.push(',');
            }
        }
        self.add(&part);
    }

    fn add(&mut self, directives: &str) {
        let mut in_date = false;
        for directive in
            directives.split(',').map(str::trim).filter(|directive| !directive.is_empty())
        {
            let (name, value) = directive.split_once(':').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "noindex" => self.noindex = true,
                "nofollow" => self.nofollow = true,
                "none" => (self.noindex, self.nofollow) = (true, true),
                "unavailable_after" => {
                    in_date = self.unavailable_after.len() < DATES;
                    if in_date {
                        self.unavailable_after
                            .push(value.trim().chars().take(DATE_CHARS).collect());
                    }
                    continue;
                }
                // `Saturday, 25-Jun-26 15:00:00 GMT` holds a comma.
                other if in_date && !is_known(other) => {
                    if let Some(date) =
                        self.unavailable_after.last_mut().filter(|date| date.len() < DATE_CHARS)
                    {
                        date.push_str(", ");
                        date.extend(directive.chars().take(DATE_CHARS));
                    }
                    continue;
                }
                _ => {}
            }
            in_date = false;
        }
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
}

fn is_token(text: &str) -> bool {
    text == "*"
        || (text.len() <= 60
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
}
