//! When a website is crawled by itself: the row of `schedules` that its settings mean. Pure.

use kernel::{Problem, ReasonCode, Result, text};

use crate::wire::{Interval, Schedule, Weekday};

/// What a row of `schedules` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// Five fields.
    pub(crate) cron: String,
    /// It runs up to so much later.
    pub(crate) jitter_seconds: i32,
    /// Not sooner after its last time.
    pub(crate) gap_seconds: i32,
}

/// Between a day and two, with room for jitter and for the hour of summer time.
const EVERY_OTHER_DAY: i32 = 36 * 3600;
/// The usual time of a run.
const AT: &str = "03:00";

/// The settings as they are stored. That the time zone exists is for the database to say.
///
/// # Errors
/// `invalid_body`, naming the member.
pub(crate) fn checked(schedule: &Schedule) -> Result<Schedule> {
    let schedule = Schedule {
        every: schedule.every,
        weekday: schedule.weekday,
        at: schedule.at.as_deref().map(|at| text::line("/schedule/at", at, 5, 5)).transpose()?,
        cron: schedule
            .cron
            .as_deref()
            .map(|cron| text::line("/schedule/cron", cron, 9, 100))
            .transpose()?,
        time_zone: text::line("/schedule/time_zone", &schedule.time_zone, 1, 64)?,
        jitter_minutes: schedule.jitter_minutes,
    };
    if !(0..=60).contains(&schedule.jitter_minutes) {
        let detail = format!("expected 0 to 60 minutes, got {}", schedule.jitter_minutes);
        return Err(Problem::refused_field(
            "/schedule/jitter_minutes",
            ReasonCode::OutOfRange.between(0, 60),
            detail,
        ));
    }
    plan(&schedule)?;
    Ok(schedule)
}

/// The row, if it runs by itself.
///
/// # Errors
/// `invalid_body`, naming the member.
pub(crate) fn plan(schedule: &Schedule) -> Result<Option<Plan>> {
    let (hour, minute) = time(schedule.at.as_deref().unwrap_or(AT))?;
    let daily = format!("{minute} {hour} * * *");
    let (cron, gap_seconds) = match schedule.every {
        Interval::Never => return Ok(None),
        Interval::Hourly => (format!("{minute} * * * *"), 0),
        Interval::Daily => (daily, 0),
        Interval::EveryOtherDay => (daily, EVERY_OTHER_DAY),
        Interval::Weekly => (format!("{minute} {hour} * * {}", number(schedule.weekday)), 0),
        Interval::Cron => (expression(schedule.cron.as_deref())?, 0),
    };
    // Less than the shortest time between two runs, so that none is left out.
    let most = if matches!(schedule.every, Interval::Hourly | Interval::Cron) { 55 } else { 60 };
    Ok(Some(Plan { cron, jitter_seconds: schedule.jitter_minutes.min(most) * 60, gap_seconds }))
}

fn time(text: &str) -> Result<(u8, u8)> {
    let digits = |part: &str| (part.len() == 2).then(|| part.parse::<u8>().ok()).flatten();
    let read =
        text.split_once(':').and_then(|(hour, minute)| Some((digits(hour)?, digits(minute)?)));
    read.filter(|(hour, minute)| *hour < 24 && *minute < 60).ok_or_else(|| {
        Problem::refused_field(
            "/schedule/at",
            ReasonCode::TimeFormat,
            format!("expected a time such as 03:30, got `{text}`"),
        )
    })
}

/// As cron counts.
fn number(weekday: Option<Weekday>) -> u8 {
    match weekday.unwrap_or(Weekday::Monday) {
        Weekday::Monday => 1,
        Weekday::Tuesday => 2,
        Weekday::Wednesday => 3,
        Weekday::Thursday => 4,
        Weekday::Friday => 5,
        Weekday::Saturday => 6,
        Weekday::Sunday => 0,
    }
}

/// Five fields whose minute is one number: at most once an hour. The worker, which reads it, says
/// what else is wrong with it.
fn expression(cron: Option<&str>) -> Result<String> {
    let fields: Vec<&str> = cron.unwrap_or_default().split_whitespace().collect();
    let plain =
        |field: &&str| field.chars().all(|c| c.is_ascii_alphanumeric() || "*,-/#".contains(c));
    let [minute, ..] = fields.as_slice() else { return Err(not_cron(cron)) };
    if fields.len() != 5
        || !fields.iter().all(plain)
        || !minute.parse::<u8>().is_ok_and(|minute| minute < 60)
    {
        return Err(not_cron(cron));
    }
    Ok(fields.join(" "))
}

fn not_cron(cron: Option<&str>) -> Problem {
    let got = cron.unwrap_or("nothing");
    let detail = format!(
        "expected five fields whose first is one minute, such as `30 2 * * 1-5`, got `{got}`"
    );
    Problem::refused_field("/schedule/cron", ReasonCode::CronFormat, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(every: Interval) -> Schedule {
        Schedule { every, ..Schedule::default() }
    }

    fn cron(schedule: &Schedule) -> Option<String> {
        plan(schedule).unwrap().map(|plan| plan.cron)
    }

    #[test]
    fn each_interval_is_a_cron_expression() {
        assert_eq!(cron(&of(Interval::Never)), None);
        assert_eq!(cron(&of(Interval::Hourly)).as_deref(), Some("0 * * * *"));
        assert_eq!(cron(&of(Interval::Daily)).as_deref(), Some("0 3 * * *"));
        let weekly = Schedule {
            weekday: Some(Weekday::Sunday),
            at: Some("23:15".to_owned()),
            ..of(Interval::Weekly)
        };
        assert_eq!(cron(&weekly).as_deref(), Some("15 23 * * 0"));
        assert_eq!(plan(&of(Interval::EveryOtherDay)).unwrap().unwrap().gap_seconds, 129_600);
    }

    #[test]
    fn jitter_leaves_no_run_out() {
        let hourly = Schedule { jitter_minutes: 60, ..of(Interval::Hourly) };
        assert_eq!(plan(&hourly).unwrap().unwrap().jitter_seconds, 55 * 60);
        assert!(checked(&Schedule { jitter_minutes: 61, ..of(Interval::Daily) }).is_err());
    }

    #[test]
    fn an_expression_runs_at_most_once_an_hour() {
        let by = |cron: &str| {
            checked(&Schedule { cron: Some(cron.to_owned()), ..of(Interval::Cron) }).is_ok()
        };
        assert!(by("30 2 * * 1-5"));
        for bad in [
            "* * * * *",
            "*/5 * * * *",
            "0,30 * * * *",
            "60 * * * *",
            "0 0 * * * *",
            "0 3 * *",
            "at three o'clock",
        ] {
            assert!(!by(bad), "{bad}");
        }
        assert!(checked(&of(Interval::Cron)).is_err());
    }

    #[test]
    fn a_time_has_hours_and_minutes() {
        for bad in ["3:00", "24:00", "12:60", "ab:cd", "1200"] {
            assert!(
                checked(&Schedule { at: Some(bad.to_owned()), ..of(Interval::Daily) }).is_err(),
                "{bad}"
            );
        }
    }
}
