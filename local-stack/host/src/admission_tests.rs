//! Tests of admission: shares, turns, and released permits.

use futures::FutureExt;

use super::*;
use crate::caller::Caller;

const COMPONENT: ComponentShares = ComponentShares {
    caller_working: 2,
    caller_spacing: Duration::ZERO,
    tenant_working: 3,
    address_working: 2,
    working: 4,
    in_flight: 8,
};

fn admission(total: usize) -> Arc<Admission> {
    let shares = Shares { caller: 4, tenant: 5, address: 3, waiting: 10, ..Shares::default() };
    Admission::new(total, Duration::from_secs(3600), shares, vec![COMPONENT, COMPONENT])
}

fn caller(tenant: u128, caller: u128) -> Requester {
    Requester::Caller(Caller { tenant, caller })
}

fn address(last: u8) -> Requester {
    Requester::Address(std::net::IpAddr::from([203, 0, 113, last]).into())
}

/// A permit that is free at once.
fn now(
    admission: &Arc<Admission>,
    requester: Requester,
    component: ComponentNumber,
) -> Option<Permit> {
    admission.admit(requester, component, true).now_or_never().and_then(Result::ok)
}

#[tokio::test]
async fn a_caller_has_a_share_per_component() {
    let admission = admission(100);
    let mut held: Vec<_> = (0..2).map(|_| now(&admission, caller(1, 1), 0).unwrap()).collect();
    assert!(now(&admission, caller(1, 1), 0).is_none());
    assert!(now(&admission, caller(1, 1), 1).is_some(), "another component");
    let _colleague = now(&admission, caller(1, 2), 0).unwrap();
    assert!(now(&admission, caller(1, 3), 0).is_none(), "the tenant's share");
    let _other = now(&admission, caller(2, 4), 0).unwrap();
    assert!(now(&admission, caller(3, 5), 0).is_none(), "the component is full");
    let _sending = held.remove(0).with_head();
    assert!(now(&admission, caller(1, 1), 0).is_some(), "one of them has its head");
}

#[tokio::test]
async fn a_caller_whose_large_responses_wait_gets_no_further_one() {
    let admission = admission(100);
    let mut sending = now(&admission, caller(1, 1), 0).unwrap();
    sending.hold(30 << 20).unwrap();
    let mut next = now(&admission, caller(1, 1), 1).unwrap();
    assert_eq!(next.hold(3 << 20), Err(Refusal::OwnShare));
    next.hold(SMALL_BYTES).unwrap();
    now(&admission, caller(2, 2), 0).unwrap().hold(30 << 20).unwrap();
    drop(sending);
    next.hold(40 << 20).unwrap();
}

#[tokio::test]
async fn answers_that_are_being_sent_count_until_they_end() {
    let admission = admission(100);
    let mut sending = Vec::new();
    for component in [0, 0, 1, 1] {
        sending.push(now(&admission, caller(1, 1), component).unwrap().with_head());
    }
    assert!(now(&admission, caller(1, 1), 0).is_none());
    sending.pop();
    assert!(now(&admission, caller(1, 1), 0).is_some());
}

#[tokio::test]
async fn addresses_have_shares_of_their_own() {
    let admission = admission(100);
    let _held: Vec<_> = (0..2).map(|_| now(&admission, address(1), 0).unwrap()).collect();
    assert!(now(&admission, address(1), 0).is_none());
    assert!(now(&admission, address(2), 0).is_some());
    assert!(now(&admission, caller(1, 1), 0).is_some(), "a known caller at any address");
}

#[tokio::test]
async fn the_queues_of_two_tenants_take_turns() {
    let admission = admission(1);
    let held = now(&admission, caller(9, 9), 0).unwrap();
    let mut many: Vec<_> =
        (0..3).map(|_| Box::pin(admission.admit(caller(1, 1), 0, true))).collect();
    for waiting in &mut many {
        assert!(waiting.as_mut().now_or_never().is_none());
    }
    let mut one = Box::pin(admission.admit(caller(2, 2), 0, true));
    assert!(one.as_mut().now_or_never().is_none());
    drop(held);
    let first = many.remove(0).await.unwrap();
    drop(first);
    let second = one.await.unwrap();
    assert!(many[0].as_mut().now_or_never().is_none(), "it was the other's turn");
    drop(second);
    drop(many.remove(0).await.unwrap());
}

#[tokio::test]
async fn a_request_cancelled_while_waiting_takes_no_permit() {
    let admission = admission(1);
    let held = now(&admission, caller(1, 1), 0).unwrap();
    let mut given_up = Box::pin(admission.admit(caller(2, 2), 0, true));
    assert!(given_up.as_mut().now_or_never().is_none());
    drop(given_up);
    drop(held);
    assert_eq!(admission.in_flight(), 0);
    drop(now(&admission, caller(3, 3), 0).unwrap());
    let state = admission.lock();
    assert_eq!((state.waiting, state.turns.len(), state.queues.len()), (0, 0, 0));
}

#[tokio::test]
async fn a_permit_granted_to_a_cancelled_request_is_released() {
    let admission = admission(1);
    let held = now(&admission, caller(1, 1), 0).unwrap();
    let mut waiting = Box::pin(admission.admit(caller(2, 2), 0, true));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(held);
    assert_eq!(admission.in_flight(), 1, "the place is on its way");
    drop(waiting);
    assert_eq!(admission.in_flight(), 0);
}

#[tokio::test]
async fn a_wait_timeout_names_the_exhausted_share() {
    let shares = Shares { waiting: 0, ..Shares::default() };
    let admission = Admission::new(2, Duration::from_secs(3600), shares, vec![COMPONENT]);
    let _first = now(&admission, address(1), 0).unwrap();
    let _second = now(&admission, address(1), 0).unwrap();
    assert_eq!(admission.admit(address(1), 0, true).await.err(), Some(Refusal::OwnShare));
    assert_eq!(admission.admit(address(2), 0, true).await.err(), Some(Refusal::Busy));
}

#[tokio::test]
async fn the_number_of_waiting_requests_is_bounded() {
    let admission = admission(1);
    let _held = now(&admission, caller(1, 1), 0).unwrap();
    let mut waiting: Vec<_> =
        (0..10).map(|n| Box::pin(admission.admit(caller(2, n), 0, true))).collect();
    for one in &mut waiting {
        assert!(one.as_mut().now_or_never().is_none());
    }
    assert_eq!(
        admission.admit(caller(2, 11), 0, true).await.err(),
        Some(Refusal::Busy),
        "the eleventh"
    );
    drop(waiting);
    assert!(
        admission.admit(caller(2, 2), 0, true).now_or_never().is_none(),
        "those that gave up make room"
    );
}

fn spaced(spacing: Duration, caller_working: usize) -> Arc<Admission> {
    let component = ComponentShares { caller_working, caller_spacing: spacing, ..COMPONENT };
    Admission::new(100, Duration::from_secs(3600), Shares::default(), vec![component])
}

#[tokio::test]
async fn a_callers_changes_are_spaced() {
    let admission = spaced(Duration::from_secs(3600), 10);
    let _other = now(&admission, address(1), 0).unwrap();
    let first = now(&admission, caller(1, 1), 0).unwrap();
    assert!(now(&admission, caller(1, 1), 0).is_none(), "too soon after the first");
    assert!(now(&admission, caller(2, 2), 0).is_some(), "another caller");
    assert!(
        admission.admit(caller(1, 1), 0, false).now_or_never().is_some(),
        "a request that changes nothing"
    );
    drop(first);
    assert!(now(&admission, caller(1, 1), 0).is_some(), "nothing of theirs is in flight");
}

#[tokio::test]
async fn a_waiting_caller_is_spaced_even_if_each_request_ends_at_once() {
    let admission = spaced(Duration::from_millis(50), 1);
    let _other = now(&admission, address(1), 0).unwrap();
    let began = std::time::Instant::now();
    let one = async || {
        let _held = admission.admit(caller(1, 1), 0, true).await.unwrap();
        tokio::task::yield_now().await;
    };
    tokio::join!(one(), one(), one(), one());
    assert!(began.elapsed() >= Duration::from_millis(150), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_caller_with_nothing_in_flight_starts_at_once() {
    let admission = spaced(Duration::from_secs(3600), 1);
    let _other = now(&admission, address(1), 0).unwrap();
    for _ in 0..3 {
        drop(now(&admission, caller(1, 1), 0).unwrap());
    }
}

#[tokio::test]
async fn an_emptied_queue_keeps_the_spacing_of_other_callers() {
    let admission = spaced(Duration::from_secs(3600), 1);
    let others: Vec<_> = (0..2).map(|_| now(&admission, address(1), 0).unwrap()).collect();
    let first = now(&admission, caller(1, 1), 0).unwrap();
    let mut second = Box::pin(admission.admit(caller(1, 1), 0, true));
    assert!(second.as_mut().now_or_never().is_none(), "too soon after the first");
    let mut third_of_others = Box::pin(admission.admit(address(1), 0, true));
    assert!(third_of_others.as_mut().now_or_never().is_none(), "an address works on two");
    drop(first);
    drop(others);
    assert!(third_of_others.as_mut().now_or_never().is_some(), "their queue is empty now");
    assert!(second.as_mut().now_or_never().is_none(), "still too soon");
}

#[tokio::test]
async fn a_caller_alone_on_the_host_is_not_spaced() {
    let admission = spaced(Duration::from_secs(3600), 10);
    let _held: Vec<_> = (0..2).map(|_| now(&admission, caller(1, 1), 0).unwrap()).collect();
    let _other = now(&admission, caller(2, 2), 0).unwrap();
    assert!(now(&admission, caller(1, 1), 0).is_none(), "another caller is there");
    drop(admission.admit(caller(1, 1), 0, false).now_or_never().unwrap().unwrap());
    assert!(
        now(&admission, caller(1, 1), 0).is_none(),
        "the caller's own requests do not hide the others"
    );
}

#[tokio::test]
async fn one_caller_cannot_fill_the_queue_of_its_tenant() {
    let admission = admission(1);
    let _held = now(&admission, caller(1, 1), 0).unwrap();
    let mut many: Vec<_> =
        (0..10).map(|_| Box::pin(admission.admit(caller(2, 2), 0, true))).collect();
    let refused = many.iter_mut().filter_map(|it| it.as_mut().now_or_never()).count();
    assert_eq!(refused, 7, "a quarter of the ten places of a tenant, rounded up");
    assert!(admission.admit(caller(2, 3), 0, true).now_or_never().is_none(), "a colleague waits");
}
