//! The next times of schedules: cron expressions in their time zone.

use croner::parser::{CronParser, Seconds};
use jiff::{Timestamp as Instant, tz::TimeZone};
use kernel::{Result, Timestamp};
use platform::pg::Db;
use queue::schedule;
use uuid::Uuid;

/// Calculates the next time of every schedule that has none.
pub(crate) async fn plan(db: &Db) -> Result<()> {
    for unplanned in schedule::unplanned(db).await? {
        let now = platform::clock::now();
        let after = unplanned.not_before.map_or(now, |at| at.max(now));
        let next = next_run(&unplanned.cron, &unplanned.time_zone, after);
        let next = next.map(|at| at.plus_seconds(jitter(unplanned.id, unplanned.jitter_seconds)));
        schedule::plan(db, unplanned.id, next).await?;
    }
    Ok(())
}

/// Seconds from 0 to `most`, the same for a schedule each time: schedules of one minute spread, and
/// none drifts.
fn jitter(schedule: Uuid, most: i32) -> i64 {
    let most = u128::from(most.unsigned_abs());
    i64::try_from(schedule.as_u128() % (most + 1)).unwrap_or_default()
}

/// The first time after `after`, or the fault in the expression or the time zone.
fn next_run(
    cron: &str,
    time_zone: &str,
    after: Timestamp,
) -> std::result::Result<Timestamp, String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
    let expected = |e: &dyn std::fmt::Display| {
        format!("expected a cron expression of five fields, got `{cron}`: {e}")
    };
    let cron = parser.parse(cron).map_err(|e| expected(&e))?;
    let zone = TimeZone::get(time_zone)
        .map_err(|e| format!("expected an IANA time zone, got `{time_zone}`: {e}"))?;
    let after = Instant::from_microsecond(after.0).map_err(|e| e.to_string())?.to_zoned(zone);
    let next = cron.find_next_occurrence(&after, false).map_err(|e| expected(&e))?;
    Ok(Timestamp(next.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<Instant>().unwrap().as_microsecond())
    }

    fn next(cron: &str, time_zone: &str, after: &str) -> String {
        let next = next_run(cron, time_zone, at(after)).unwrap();
        Instant::from_microsecond(next.0).unwrap().to_string()
    }

    #[test]
    fn a_schedule_runs_at_its_local_time_in_summer_and_winter() {
        let nightly = |after| next("30 2 * * *", "Europe/Stockholm", after);
        assert_eq!(nightly("2026-01-10T12:00:00Z"), "2026-01-11T01:30:00Z");
        assert_eq!(nightly("2026-07-10T12:00:00Z"), "2026-07-11T00:30:00Z");
    }

    #[test]
    fn an_hour_that_does_not_exist_is_not_skipped() {
        // On 29 March 2026 the clocks go from 02:00 to 03:00.
        assert_eq!(
            next("30 2 * * *", "Europe/Stockholm", "2026-03-28T12:00:00Z"),
            "2026-03-29T01:00:00Z"
        );
    }

    #[test]
    fn the_next_time_is_later_than_now() {
        assert_eq!(next("* * * * *", "UTC", "2026-11-28T10:15:00Z"), "2026-11-28T10:16:00Z");
    }

    #[test]
    fn a_malformed_schedule_gives_its_reason() {
        for (cron, zone) in [
            ("every day", "UTC"),
            ("0 0 30 2 *", "UTC"),
            ("0 0 * * * *", "UTC"),
            ("0 0 * * *", "Mars"),
        ] {
            assert!(next_run(cron, zone, at("2026-01-01T00:00:00Z")).is_err(), "{cron} {zone}");
        }
    }
}
