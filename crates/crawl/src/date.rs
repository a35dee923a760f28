//! Dates as the web writes them: of sitemaps (W3C, a profile of ISO 8601), of feeds (RFC 822), and of
//! what a page says to robots (both, and RFC 850).

use kernel::Timestamp;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Names of time zones, and the hours that they are ahead of UTC.
const ZONES: [(&str, i64); 10] = [
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
    ("CET", 1),
    ("CEST", 2),
];

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What a date may mean: a day is each of its moments, a time is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateSpan {
    /// The first moment.
    pub start: Timestamp,
    /// When it is over; of a time that time itself.
    pub end: Timestamp,
}

impl DateSpan {
    /// Reads a date, if it has one of the forms that are used.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let years = Timestamp::EARLIEST..=Timestamp::LATEST;
        w3c(text)
            .or_else(|| rfc_822(text))
            .filter(|span| years.contains(&span.start) && years.contains(&span.end))
    }

    fn moment(at: Timestamp) -> Self {
        Self { start: at, end: at }
    }

    fn day(text: &str) -> Option<Self> {
        let start = Timestamp::parse(text)?;
        Some(Self { start, end: start.plus_seconds(DAY) })
    }
}

/// `2026`, `2026-11`, `2026-11-29`, `2026-11-29T10:00+01:00`, with seconds and a fraction.
fn w3c(text: &str) -> Option<DateSpan> {
    let year: u16 = text.get(..4).filter(|year| is_number(year))?.parse().ok()?;
    let next_year = || Timestamp::parse(&format!("{:04}-01-01", year + 1));
    match text.len() {
        4 => {
            let start = Timestamp::parse(&format!("{text}-01-01"))?;
            return Some(DateSpan { start, end: next_year()? });
        }
        7 => {
            let start = Timestamp::parse(&format!("{text}-01"))?;
            let month: u8 = text.get(5..)?.parse().ok()?;
            let next_month = || Timestamp::parse(&format!("{year:04}-{:02}-01", month + 1));
            return Some(DateSpan { start, end: next_month().or_else(next_year)? });
        }
        10 => return DateSpan::day(text),
        _ => {}
    }
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let is_end = |c: char| c.is_whitespace() || matches!(c, 'Z' | 'z' | '+' | '-');
    let (clock, zone) = time.split_at_checked(time.find(is_end).unwrap_or(time.len()))?;
    let zone = zone.split_whitespace().next().unwrap_or_default();
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.get(..8)?.to_owned() };
    let time = Timestamp::parse(&format!("{date}T{clock}Z"))?;
    Some(DateSpan::moment(time.plus_seconds(-offset(zone)?)))
}

/// `Sun, 29 Nov 2026 10:00:00 +0100`, with or without the day and the time; of RFC 850
/// `Sunday, 29-Nov-26 10:00:00 GMT`.
fn rfc_822(text: &str) -> Option<DateSpan> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest).trim();
    let (date, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let text = format!("{} {rest}", date.replace('-', " "));
    let mut words = text.split_whitespace();
    let day: u8 = words.next()?.parse().ok()?;
    let month = words.next()?.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let year: u16 = words.next().filter(|year| is_number(year))?.parse().ok()?;
    // As RFC 5322 has it.
    let year = match year {
        0..50 => year + 2000,
        50..1000 => year + 1900,
        _ => year,
    };
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some(clock) = words.next() else { return DateSpan::day(&date) };
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let time = Timestamp::parse(&format!("{date}T{clock}Z"))?;
    Some(DateSpan::moment(time.plus_seconds(-offset(words.next().unwrap_or("Z"))?)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Seconds that a zone is ahead of UTC; a name that is not known counts as UTC. None: it is no
/// zone.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        // Half a day is not to be guessed.
        _ if ["AM", "PM"].iter().any(|half| zone.eq_ignore_ascii_case(half)) => return None,
        _ => {
            let known = ZONES.iter().find(|(name, _)| zone.eq_ignore_ascii_case(name));
            return Some(known.map_or(0, |(_, hours)| hours * 3_600));
        }
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..4).unwrap_or("00").parse().ok()?;
    Some(sign * (hours * 3_600 + minutes * 60))
}
