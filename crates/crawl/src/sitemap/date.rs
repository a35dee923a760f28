//! Dates of sitemaps (W3C, a profile of ISO 8601) and of feeds (RFC 822).

use kernel::Timestamp;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The time that a text names, if it is one of the forms that are used.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    w3c(text)
        .or_else(|| rfc_822(text))
        .filter(|time| (Timestamp::EARLIEST..=Timestamp::LATEST).contains(time))
}

/// `2026`, `2026-11`, `2026-11-29`, `2026-11-29T10:00+01:00`, with seconds and a fraction.
fn w3c(text: &str) -> Option<Timestamp> {
    if !text.get(..4)?.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        4 => return Timestamp::parse(&format!("{text}-01-01")),
        7 => return Timestamp::parse(&format!("{text}-01")),
        10 => return Timestamp::parse(text),
        _ => {}
    }
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(at)?;
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.get(..8)?.to_owned() };
    Some(Timestamp::parse(&format!("{date}T{clock}Z"))?.plus_seconds(-offset(zone)?))
}

/// `Sun, 29 Nov 2026 10:00:00 +0100`, with or without the day and the seconds.
fn rfc_822(text: &str) -> Option<Timestamp> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_whitespace();
    let day: u8 = words.next()?.parse().ok()?;
    let month = words.next()?.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let year: u16 = words.next()?.parse().ok()?;
    let year = if year < 100 { year + 2000 } else { year };
    let clock = words.next().unwrap_or("00:00:00");
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let time = Timestamp::parse(&format!("{year:04}-{month:02}-{day:02}T{clock}Z"))?;
    Some(time.plus_seconds(-offset(words.next().unwrap_or("Z"))?))
}

/// Seconds that a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return Some(if zone.eq_ignore_ascii_case("EST") { -18_000 } else { 0 }),
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..4).unwrap_or("00").parse().ok()?;
    Some(sign * (hours * 3_600 + minutes * 60))
}
