//! Politeness: the machine is asked with times of the test's own.

use std::time::Duration;

use crawl::{
    Breaker, FailReason, HostPace, Outcome, PaceEvent, PaceOptions, Permission, StopReason,
};
use kernel::Timestamp;

fn at(seconds: f64) -> Timestamp {
    Timestamp(1_000_000_000 + (seconds * 1_000_000.0) as i64)
}

fn quick() -> Duration {
    Duration::from_millis(5)
}

fn pace() -> HostPace {
    HostPace::new(PaceOptions::default())
}

#[test]
fn a_second_passes_between_two_requests() {
    let mut pace = pace();
    assert_eq!(pace.begin(at(0.0)), Permission::Go);
    assert_eq!(pace.begin(at(0.5)), Permission::Wait(at(1.0)));
    assert_eq!(pace.begin(at(1.0)), Permission::Go);
}

#[test]
fn two_requests_run_at_the_same_time() {
    let mut pace = pace();
    assert_eq!(pace.begin(at(0.0)), Permission::Go);
    assert_eq!(pace.begin(at(1.0)), Permission::Go);
    assert_eq!(pace.begin(at(9.0)), Permission::Busy);
    pace.finished(at(9.0), quick(), PaceEvent::Answered);
    assert_eq!(pace.begin(at(9.0)), Permission::Go);
}

#[test]
fn a_slow_host_is_asked_more_slowly() {
    let mut pace = pace();
    pace.begin(at(0.0));
    pace.finished(at(4.0), Duration::from_secs(4), PaceEvent::Answered);
    assert_eq!(pace.delay(), Duration::from_secs(4));
    pace.begin(at(4.0));
    pace.finished(at(99.0), Duration::from_secs(95), PaceEvent::Answered);
    assert_eq!(pace.delay(), Duration::from_secs(30), "but not without end");
}

#[test]
fn a_crawl_delay_is_kept_and_makes_requests_single() {
    let mut pace = pace();
    pace.set_crawl_delay(Some(Duration::from_secs(5)));
    assert_eq!(pace.begin(at(0.0)), Permission::Go);
    assert_eq!(pace.begin(at(7.0)), Permission::Busy);
    pace.finished(at(7.0), quick(), PaceEvent::Answered);
    assert_eq!(pace.begin(at(7.0)), Permission::Go);
    pace.finished(at(8.0), quick(), PaceEvent::Answered);
    assert_eq!(pace.begin(at(8.0)), Permission::Wait(at(12.0)));
}

#[test]
fn a_refusal_pauses_as_long_as_it_asks() {
    let mut pace = pace();
    pace.begin(at(0.0));
    pace.finished(at(0.1), quick(), PaceEvent::Refused(Some(Duration::from_secs(60))));
    assert_eq!(pace.begin(at(10.0)), Permission::Wait(at(60.1)));
    assert_eq!(pace.begin(at(60.1)), Permission::Go);
    assert_eq!(pace.begin(at(70.0)), Permission::Busy, "one feels the way");
    pace.finished(at(70.0), quick(), PaceEvent::Answered);
    assert_eq!((pace.begin(at(71.0)), pace.begin(at(72.0))), (Permission::Go, Permission::Go));
}

#[test]
fn three_refusals_in_a_row_end_the_run() {
    let mut pace = pace();
    for time in [0.0, 100.0, 200.0] {
        assert_eq!(pace.begin(at(time)), Permission::Go);
        pace.finished(at(time), quick(), PaceEvent::Refused(None));
    }
    assert_eq!(pace.begin(at(9_999.0)), Permission::Stop(StopReason::Refused));
}

#[test]
fn an_answer_between_forgives_refusals() {
    let mut pace = pace();
    for time in [0.0, 100.0, 200.0, 300.0, 400.0] {
        assert_eq!(pace.begin(at(time)), Permission::Go);
        let event = if time == 200.0 { PaceEvent::Answered } else { PaceEvent::Refused(None) };
        pace.finished(at(time), quick(), event);
    }
    assert_eq!(pace.begin(at(9_999.0)), Permission::Go);
}

#[test]
fn a_pause_of_hours_ends_the_run() {
    let mut pace = pace();
    pace.begin(at(0.0));
    pace.finished(at(0.0), quick(), PaceEvent::Refused(Some(Duration::from_secs(7_200))));
    assert_eq!(pace.begin(at(1.0)), Permission::Stop(StopReason::Refused));
}

#[test]
fn a_host_that_keeps_failing_ends_the_run() {
    let mut pace = pace();
    let (mut time, mut tries) = (0.0, 0);
    while let Permission::Go = pace.begin(at(time)) {
        tries += 1;
        pace.finished(at(time), quick(), PaceEvent::Failed);
        time += 60.0;
    }
    assert_eq!((tries, pace.begin(at(time))), (10, Permission::Stop(StopReason::Failing)));
}

#[test]
fn outcomes_say_what_they_mean_for_the_host() {
    for (outcome, event) in [
        (Outcome::Failed(FailReason::Connect), PaceEvent::Failed),
        (Outcome::Failed(FailReason::ServerError(500)), PaceEvent::Failed),
        (Outcome::Failed(FailReason::TooLarge), PaceEvent::Answered),
        (Outcome::Failed(FailReason::Forbidden), PaceEvent::Answered),
        (Outcome::Blocked(crawl::BlockReason::Robots), PaceEvent::Dropped),
        (Outcome::Refused { status: 429, retry_after: None }, PaceEvent::Refused(None)),
    ] {
        assert_eq!(PaceEvent::of(&outcome), event, "{outcome:?}");
    }
}

#[test]
fn a_website_that_keeps_failing_is_tried_less_often() {
    let hours = |failures: u32| {
        Breaker { failures }.next_try(at(0.0)).map(|next| (next.0 - at(0.0).0) / 3_600_000_000)
    };
    assert_eq!([2, 3, 4, 5].map(hours), [None, Some(1), Some(2), Some(4)]);
    assert_eq!(hours(1_000), Some(168), "a week at most");
}
