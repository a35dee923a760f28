//! A model that keeps failing is left alone for a while, by everyone.

use std::time::Duration;

use models::{BreakerPolicy, BreakerState, Breakers, ErrorKind};
use platform::{
    config::Settings,
    redis::{Redis, Reply},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, refuses, says, text},
    provider::Provider,
};

const OUTAGE: Option<ErrorKind> = Some(ErrorKind::Server);

/// The kinds of the attempts that failed.
fn kinds(events: &[Value]) -> Vec<&str> {
    events.last().unwrap()["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["kind"].as_str().unwrap())
        .collect()
}

/// Runs as the gateway, with a policy of short times.
async fn with(policy: BreakerPolicy, test: impl AsyncFnOnce(Breakers)) {
    let redis = testkit::test_redis();
    redis.provision().await.unwrap();
    let settings = Settings::new([("redis_url", redis.url("gateway").unwrap())]);
    settings.scope(async { test(Breakers::with(policy).await).await }).await;
}

/// One failure opens it for this long at first.
fn short(first: Duration) -> BreakerPolicy {
    BreakerPolicy { failures: 1, first, longest: first * 3, ..BreakerPolicy::default() }
}

/// Until this caller may try; at most ten seconds.
async fn until_half_open(breakers: &Breakers, model: &str) {
    let half_open = async { while breakers.wait(model).await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), half_open).await.expect("it stays open");
}

/// Sends a command about a model's breaker to Redis.
async fn redis(command: &str, model: &str, args: &[&str]) -> Vec<Reply> {
    let settings = Settings::new([("redis_url", testkit::test_redis_url())]);
    let key = format!("breaker:{model}");
    let args: Vec<&[u8]> = [key.as_str()].iter().chain(args).map(|arg| arg.as_bytes()).collect();
    let sent = async { Redis::open().await.unwrap().command(command, &args).await.unwrap() };
    settings.scope(sent).await
}

#[tokio::test]
async fn a_model_that_keeps_failing_is_not_asked_and_the_next_one_answers() {
    let broken = Provider::start(|_, _| refuses(500, "down")).await;
    let good = Provider::start(|_, _| says("Here")).await;
    let fixture = Fixture::new().await;
    let models = [
        fixture.model(&broken.url, "m-1", None).await,
        fixture.model(&good.url, "m-2", None).await,
    ];
    assert_eq!(kinds(&fixture.ask(&models).await), ["server"; 3]);
    assert_eq!(
        kinds(&fixture.ask(&models).await),
        ["server"; 2],
        "the fifth failure opens the breaker"
    );
    let events = fixture.ask(&models).await;
    assert_eq!((kinds(&events), text(&events).as_str()), (vec!["circuit_open"], "Here"));
    assert_eq!(broken.count(), 5);
}

#[tokio::test]
async fn an_alias_whose_models_all_keep_failing_says_so() {
    let broken = Provider::start(|_, _| refuses(500, "down")).await;
    let fixture = Fixture::new().await;
    let models = [fixture.model(&broken.url, "m-1", None).await];
    for _ in 0..2 {
        fixture.ask(&models).await;
    }
    let events = fixture.ask(&models).await;
    let failure = &events.last().unwrap()["failure"];
    assert_eq!(failure["kind"], json!("circuit_open"));
    let wait = failure["retry_after_ms"].as_u64().unwrap();
    assert!((1..=5_000).contains(&wait), "how long the breaker stays open: {wait}");
}

#[tokio::test]
async fn what_a_provider_refuses_for_a_reason_opens_no_breaker() {
    let refusing = Provider::start(|_, _| refuses(400, "temperature is too high")).await;
    let fixture = Fixture::new().await;
    let models = [fixture.model(&refusing.url, "m-1", None).await];
    for _ in 0..7 {
        assert_eq!(kinds(&fixture.ask(&models).await), ["invalid"]);
    }
}

#[tokio::test]
async fn few_failures_among_many_calls_open_no_breaker() {
    with(BreakerPolicy::default(), async |breakers| {
        let model = Uuid::now_v7().to_string();
        for _ in 0..10 {
            breakers.report(&model, None).await;
        }
        for _ in 0..9 {
            assert_eq!(breakers.report(&model, OUTAGE).await, None);
        }
        assert_eq!(breakers.wait(&model).await, None);
    })
    .await;
}

#[tokio::test]
async fn failures_of_an_earlier_minute_do_not_count() {
    with(BreakerPolicy::default(), async |breakers| {
        let model = Uuid::now_v7().to_string();
        let mut opened = None;
        for _ in 0..4 {
            opened = opened.or(breakers.report(&model, OUTAGE).await);
        }
        redis("HINCRBY", &model, &["since", "-61000"]).await;
        for _ in 0..4 {
            opened = opened.or(breakers.report(&model, OUTAGE).await);
        }
        assert_eq!(opened, None);
        assert_eq!(breakers.report(&model, OUTAGE).await, Some(Duration::from_secs(5)));
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_before_it_opened_changes_nothing() {
    let first = Duration::from_secs(60);
    with(short(first), async |breakers| {
        let model = Uuid::now_v7().to_string();
        assert_eq!(breakers.report(&model, OUTAGE).await, Some(first));
        assert_eq!(breakers.report(&model, OUTAGE).await, None);
        assert_eq!(breakers.report(&model, None).await, None);
        assert!(breakers.wait(&model).await.is_some_and(|wait| wait <= first));
    })
    .await;
}

#[tokio::test]
async fn another_caller_tries_if_the_first_does_not_report() {
    let short = short(Duration::from_millis(20));
    with(BreakerPolicy { probe: Duration::from_millis(40), ..short }, async |breakers| {
        let model = Uuid::now_v7().to_string();
        breakers.report(&model, OUTAGE).await;
        until_half_open(&breakers, &model).await;
        until_half_open(&breakers, &model).await;
    })
    .await;
}

#[tokio::test]
async fn redis_forgets_a_breaker_that_is_not_used() {
    with(BreakerPolicy::default(), async |breakers| {
        let model = Uuid::now_v7().to_string();
        breakers.report(&model, OUTAGE).await;
        let left = redis("TTL", &model, &[]).await;
        assert!(matches!(left[..], [Reply::Int(60..=120)]), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn half_open_one_caller_tries_and_its_success_closes_the_breaker() {
    with(short(Duration::from_millis(30)), async |breakers| {
        let model = Uuid::now_v7().to_string();
        assert_eq!(breakers.report(&model, OUTAGE).await, Some(Duration::from_millis(30)));
        assert!(breakers.wait(&model).await.is_some());
        until_half_open(&breakers, &model).await;
        assert!(breakers.wait(&model).await.is_some(), "the others wait for the one that tries");
        assert_eq!(breakers.report(&model, None).await, None);
        assert_eq!((breakers.wait(&model).await, breakers.wait(&model).await), (None, None));
    })
    .await;
}

/// How the worker sees a breaker, with its own rights.
async fn seen(model: &str) -> Option<BreakerState> {
    let settings = Settings::new([("redis_url", testkit::test_redis().url("worker").unwrap())]);
    settings.scope(async { Breakers::open().await.state(model).await }).await
}

#[tokio::test]
async fn the_worker_sees_a_breaker_and_takes_no_attempt_from_it() {
    with(short(Duration::from_secs(60)), async |breakers| {
        let model = Uuid::now_v7().to_string();
        assert_eq!(seen(&model).await, Some(BreakerState::Closed));
        breakers.report(&model, OUTAGE).await;
        assert_eq!(seen(&model).await, Some(BreakerState::Open));
    })
    .await;
    with(short(Duration::from_millis(1)), async |breakers| {
        let model = Uuid::now_v7().to_string();
        breakers.report(&model, OUTAGE).await;
        while seen(&model).await == Some(BreakerState::Open) {}
        assert_eq!(seen(&model).await, Some(BreakerState::HalfOpen));
        assert_eq!(breakers.wait(&model).await, None, "the attempt is still to be had");
    })
    .await;
}

#[tokio::test]
async fn an_attempt_that_fails_opens_the_breaker_for_longer_each_time() {
    with(short(Duration::from_millis(20)), async |breakers| {
        let model = Uuid::now_v7().to_string();
        for millis in [20, 40, 60, 60] {
            assert_eq!(breakers.report(&model, OUTAGE).await, Some(Duration::from_millis(millis)));
            until_half_open(&breakers, &model).await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_attempt_that_fails_is_enough() {
    let policy = BreakerPolicy { failures: 2, ..short(Duration::from_millis(20)) };
    with(policy, async |breakers| {
        let model = Uuid::now_v7().to_string();
        assert_eq!(breakers.report(&model, OUTAGE).await, None);
        assert_eq!(breakers.report(&model, OUTAGE).await, Some(Duration::from_millis(20)));
        until_half_open(&breakers, &model).await;
        redis("HINCRBY", &model, &["since", "-61000"]).await;
        assert_eq!(breakers.report(&model, OUTAGE).await, Some(Duration::from_millis(40)));
    })
    .await;
}

#[tokio::test]
async fn without_redis_every_model_is_asked() {
    let settings = Settings::new([("redis_url", "redis://127.0.0.1:1".to_owned())]);
    let breakers = settings.scope(Breakers::open()).await;
    for _ in 0..9 {
        assert_eq!(breakers.report("m", OUTAGE).await, None);
    }
    assert_eq!(breakers.wait("m").await, None);
}
