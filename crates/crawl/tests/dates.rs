//! Dates in every form that the web writes, and texts that are none.

use crawl::DateSpan;
use kernel::Timestamp;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// First moment and end of a date.
fn span(text: &str) -> Option<(Timestamp, Timestamp)> {
    DateSpan::parse(text).map(|span| (span.start, span.end))
}

#[test]
fn a_time_is_read_in_every_usual_form() {
    let expected = at("2026-06-25T15:00:00Z");
    for text in [
        "2026-06-25T15:00:00Z",
        "2026-06-25T15:00Z",
        "2026-06-25T15:00:00",
        "2026-06-25T17:00:00+02:00",
        "2026-06-25 11:00:00-0400",
        "2026-06-25T15:00:00.999+00:00",
        "2026-06-25 07:00:00 PST",
        "2026-06-25 10:00 EST",
        "2026-06-25 17:00 +0200",
        "2026-06-25 08:00:00 -0700 (PDT)",
        "2026-06-25 15:00:00 UTC",
        "Thu, 25 Jun 2026 15:00:00 GMT",
        "25 Jun 2026 15:00:00 UTC",
        "25 June 2026 15:00",
        "25 Jun 26 08:00:00 PDT",
        "25 Jun 2026 07:00:00 PST",
        "25 Jun 2026 17:00:00 CEST",
        "Thursday, 25-Jun-26 15:00:00 GMT",
        "Thursday, 25-Jun-2026 16:00:00 +0100",
        " 25-jun-2026 15:00:00 z ",
    ] {
        assert_eq!(span(text), Some((expected, expected)), "{text}");
    }
}

#[test]
fn a_day_a_month_and_a_year_end_with_their_last_moment() {
    let spans = [
        ("2026-06-25", "2026-06-25", "2026-06-26"),
        ("25 Jun 2026", "2026-06-25", "2026-06-26"),
        ("31-Dec-99", "1999-12-31", "2000-01-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
    ];
    for (text, start, end) in spans {
        assert_eq!(span(text), Some((at(start), at(end))), "{text}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "never",
        "tomorrow",
        "2026-13",
        "2026-02-30",
        "2026-06-25T25:00:00Z",
        "2026-06-25T3 PM",
        "26",
        "9999",
        "32 Jun 2026",
        "25 Juni",
        "25 Xyz 2026",
        "2026-06-25 03:00 PM",
        "25 Jun 2026 3:00 PM",
        "25 Jun 2026 03:00 PM",
        "25 Jun +026",
        "1782399600",
        "25/06/2026",
        "2026-06-25T15:00:00+",
        "\u{661}\u{662}\u{663}\u{664}",
        "åäö-06-25",
    ] {
        assert_eq!(span(text), None, "{text}");
    }
}
