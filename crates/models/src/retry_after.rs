//! When a provider says that trying again is worth it, in every form that providers use.

use std::time::Duration;

use kernel::Timestamp;
use serde_json::Value;

/// What is longer says nothing any more.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 3_600);

/// What an answer says about trying again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RetryAdvice {
    /// Not before this has passed.
    pub after: Option<Duration>,
    /// Outranks the status: the provider knows better.
    pub should_retry: Option<bool>,
}

impl RetryAdvice {
    pub(crate) fn from_headers<'h>(
        status: u16,
        header: &impl Fn(&str) -> Option<&'h str>,
        now: Timestamp,
    ) -> Self {
        let millis = header("retry-after-ms").or_else(|| header("x-ms-retry-after-ms"));
        let after = millis
            .and_then(|text| seconds_text(text, 0.001))
            .or_else(|| retry_after(header("retry-after")?, now))
            .or_else(|| if status == 429 { reset(header, now) } else { None });
        let should_retry = match header("x-should-retry").map(str::trim) {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        Self { after: after.map(|wait| wait.min(LONGEST)), should_retry }
    }

    /// The wait that a body names, if no field does.
    pub(crate) fn or(self, after: Option<Duration>) -> Self {
        Self { after: self.after.or(after.map(|wait| wait.min(LONGEST))), ..self }
    }
}

/// Seconds, with or without a fraction, or a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    seconds_text(text, 1.0)
        .or_else(|| until(http_date(text).or_else(|| Timestamp::parse(text.trim()))?, now))
}

/// When a limit that is used up is reset, where `retry-after` is missing.
fn reset<'h>(header: &impl Fn(&str) -> Option<&'h str>, now: Timestamp) -> Option<Duration> {
    let is_used_up = |name: &str| header(name).is_some_and(|left| left.trim() == "0");
    let mut waits = Vec::new();
    for what in ["requests", "tokens", "input-tokens", "output-tokens"] {
        if is_used_up(&format!("x-ratelimit-remaining-{what}")) {
            waits.extend(header(&format!("x-ratelimit-reset-{what}")).and_then(duration_text));
        }
        if is_used_up(&format!("anthropic-ratelimit-{what}-remaining")) {
            let at =
                header(&format!("anthropic-ratelimit-{what}-reset")).and_then(Timestamp::parse);
            waits.extend(at.and_then(|at| until(at, now)));
        }
    }
    // All limits must be free again.
    waits.into_iter().max().or_else(|| epoch_or_seconds(header("x-ratelimit-reset")?, now))
}

/// OpenRouter writes milliseconds since 1970, others seconds since then, or from now on.
fn epoch_or_seconds(text: &str, now: Timestamp) -> Option<Duration> {
    let number: i64 = text.trim().parse().ok()?;
    match number {
        1_000_000_000_000.. => until(Timestamp(number.saturating_mul(1_000)), now),
        1_000_000_000.. => until(Timestamp(number.saturating_mul(1_000_000)), now),
        0.. => Some(Duration::from_secs(number.unsigned_abs())),
        _ => None,
    }
}

fn until(at: Timestamp, now: Timestamp) -> Option<Duration> {
    Some(Duration::from_micros(u64::try_from(at.0.saturating_sub(now.0)).unwrap_or(0)))
}

fn seconds_text(text: &str, unit: f64) -> Option<Duration> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = is_number.then(|| text.parse().ok())??;
    Duration::try_from_secs_f64(number * unit).ok()
}

/// A number of seconds in a body.
pub(crate) fn seconds_value(value: &Value) -> Option<Duration> {
    match value {
        Value::String(text) => duration_text(text),
        other => Duration::try_from_secs_f64(other.as_f64()?).ok(),
    }
}

/// `6m0s`, `1.5s`, `20ms`, `34s`, `1h2m`, `7`.
pub(crate) fn duration_text(text: &str) -> Option<Duration> {
    let (mut rest, mut sum) = (text.trim(), None);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at_checked(letters)?;
        let unit = match unit {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" | "" => 1.0,
            "ms" => 0.001,
            "us" | "µs" => 0.000_001,
            _ => return None,
        };
        sum = Some(sum.unwrap_or(Duration::ZERO).checked_add(seconds_text(number, unit)?)?);
        rest = after.trim_start();
    }
    sum
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A date of HTTP in its three forms (RFC 9110 §5.6.7): the present one, RFC 850's, and asctime's.
fn http_date(text: &str) -> Option<Timestamp> {
    let (mut time, mut month, mut numbers) = (None, None, Vec::new());
    for word in text.split([' ', ',', '-']).filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        if word.contains(':') {
            time = Some(word);
        } else if let Some(at) = MONTHS.iter().position(|name| *name == lower) {
            month = Some(at + 1);
        } else if let Ok(number) = word.parse::<i64>() {
            numbers.push(number);
        }
    }
    let [day, year] = numbers.as_slice() else { return None };
    let year = match year {
        0..70 => year + 2_000,
        70..100 => year + 1_900,
        year => *year,
    };
    Timestamp::parse(&format!("{year:04}-{:02}-{day:02}T{}Z", month?, time?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29T04:00:00Z.
    fn now() -> Timestamp {
        Timestamp::parse("2026-11-29T04:00:00Z").unwrap()
    }

    fn advice(status: u16, fields: &[(&str, &'static str)]) -> RetryAdvice {
        let header =
            |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
        RetryAdvice::from_headers(status, &header, now())
    }

    fn wait(field: &str, value: &'static str) -> Option<Duration> {
        advice(429, &[(field, value)]).after
    }

    #[test]
    fn every_form_of_retry_after_is_read() {
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(wait("retry-after-ms", "1500"), Some(Duration::from_millis(1_500)));
        assert_eq!(wait("x-ms-retry-after-ms", "20"), Some(Duration::from_millis(20)));
        assert_eq!(wait("retry-after", " 12 "), seconds(12));
        assert_eq!(wait("retry-after", "0.5"), Some(Duration::from_millis(500)));
        assert_eq!(wait("retry-after", "Sun, 29 Nov 2026 04:00:30 GMT"), seconds(30));
        assert_eq!(wait("retry-after", "Sunday, 29-Nov-26 04:01:00 GMT"), seconds(60));
        assert_eq!(wait("retry-after", "Sun Nov 29 04:00:05 2026"), seconds(5));
        assert_eq!(wait("retry-after", "2026-11-29T04:10:00Z"), seconds(600));
        assert_eq!(
            wait("retry-after", "Sat, 28 Nov 2026 04:00:30 GMT"),
            seconds(0),
            "a date that has passed"
        );
        assert_eq!(wait("x-ratelimit-reset", "1795924860000"), seconds(60));
        assert_eq!(wait("x-ratelimit-reset", "1795924860"), seconds(60));
        assert_eq!(wait("x-ratelimit-reset", "9"), seconds(9));
    }

    #[test]
    fn nonsense_is_no_advice_and_a_century_is_cut() {
        for text in
            ["", "soon", "-5", "NaN", "inf", "1e3", "Sun, 99 Foo 2026 04:00:30 GMT", "1 2 3"]
        {
            assert_eq!(wait("retry-after", text), None, "{text}");
        }
        assert_eq!(wait("retry-after", "99999999999"), Some(LONGEST));
        assert_eq!(wait("retry-after", "99999999999999999999999999"), None);
    }

    #[test]
    fn the_limit_that_is_used_up_says_when_it_is_free() {
        let openai = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "6m0s"),
            ("x-ratelimit-remaining-tokens", "12"),
            ("x-ratelimit-reset-tokens", "9h"),
        ];
        assert_eq!(advice(429, &openai).after, Some(Duration::from_secs(360)));
        assert_eq!(advice(500, &openai).after, None, "a fault has nothing to do with limits");
        let anthropic = [
            ("anthropic-ratelimit-tokens-remaining", "0"),
            ("anthropic-ratelimit-tokens-reset", "2026-11-29T04:00:20Z"),
        ];
        assert_eq!(advice(429, &anthropic).after, Some(Duration::from_secs(20)));
    }

    #[test]
    fn milliseconds_come_before_seconds_and_the_provider_may_forbid() {
        let both = [("retry-after", "9"), ("retry-after-ms", "10"), ("x-should-retry", "false")];
        let expected =
            RetryAdvice { after: Some(Duration::from_millis(10)), should_retry: Some(false) };
        assert_eq!(advice(429, &both), expected);
        assert_eq!(advice(400, &[("x-should-retry", "true")]).should_retry, Some(true));
    }

    #[test]
    fn durations_are_written_in_several_units() {
        let millis = |text| duration_text(text).map(|wait| wait.as_millis());
        assert_eq!(millis("1h2m3s"), Some(3_723_000));
        assert_eq!(millis("20ms"), Some(20));
        assert_eq!(millis("34.074824224s"), Some(34_074));
        assert_eq!(millis("7"), Some(7_000));
        for text in ["", "s", "1x", "m1", "1..2s"] {
            assert_eq!(duration_text(text), None, "{text}");
        }
    }
}
