//! Tests of the budget: its limit, turns, guarantees, and requests that are dropped.

use super::*;

/// Connections are numbers; closing one gives its place back at once.
fn budget(limit: usize, guaranteed: &[usize]) -> Arc<Budget<u32>> {
    let budget = Budget::new(limit, drop);
    for (component, places) in (0..).zip(guaranteed) {
        budget.guarantee(component, *places).unwrap();
    }
    budget
}

/// As many pools as components: each has the number of its component.
fn request(budget: &Arc<Budget<u32>>, component: ComponentNumber) -> Request<u32> {
    budget.request(component, component.into())
}

/// A connection that there is at once.
fn now(budget: &Arc<Budget<u32>>, component: ComponentNumber) -> Option<PooledConnection<u32>> {
    match request(budget, component) {
        Request::Granted(granted) => Some(open(granted)),
        Request::Waits(_) => None,
    }
}

fn open(granted: BudgetGrant<u32>) -> PooledConnection<u32> {
    match granted {
        BudgetGrant::Connection(held) => held,
        BudgetGrant::Permit(place) => PooledConnection { connection: 0, place },
    }
}

fn waits(budget: &Arc<Budget<u32>>, component: ComponentNumber) -> Waiting<u32> {
    match request(budget, component) {
        Request::Granted(_) => panic!("component {component} got a connection at once"),
        Request::Waits(waiting) => waiting,
    }
}

fn got(waiting: &mut Waiting<u32>) -> Option<PooledConnection<u32>> {
    waiting.granted.try_recv().ok().map(open)
}

fn put_back(budget: &Arc<Budget<u32>>, held: PooledConnection<u32>) {
    budget.put_back(held.place.component.into(), held);
}

fn numbers(budget: &Budget<u32>) -> (usize, usize) {
    let usage = budget.usage();
    (usage.used, usage.waiting)
}

#[test]
fn guaranteed_places_are_never_lent_and_the_limit_is_kept() {
    let budget = budget(5, &[1, 1, 1]);
    let held: Vec<_> = (0..9).filter_map(|_| now(&budget, 0)).collect();
    assert_eq!(held.len(), 3, "its own place and the two that all share");
    let others = [now(&budget, 1).unwrap(), now(&budget, 2).unwrap()];
    assert!(now(&budget, 1).is_none() && now(&budget, 2).is_none());
    assert_eq!(numbers(&budget), (5, 0));
    drop((held, others));
    assert_eq!(numbers(&budget), (0, 0));
}

#[test]
fn more_guarantees_than_places_are_an_error() {
    let budget = budget(3, &[2]);
    let said = budget.guarantee(1, 2).unwrap_err().to_string();
    assert!(said.contains("budget = 3"), "{said}");
}

#[test]
fn the_idle_connection_that_was_unused_longest_makes_room() {
    let budget = budget(4, &[0, 0, 0]);
    let [old, new] = [now(&budget, 1).unwrap(), now(&budget, 0).unwrap()];
    let _used = [now(&budget, 0).unwrap(), now(&budget, 2).unwrap()];
    put_back(&budget, old);
    put_back(&budget, new);
    let mut waiting = waits(&budget, 2);
    let _got = got(&mut waiting).expect("a place");
    let given_up = [0, 1, 2].map(|component| budget.take_given_up(component));
    assert_eq!((given_up, numbers(&budget)), ([0, 1, 0], (4, 0)));
    assert!(now(&budget, 0).is_some(), "the newer one is still there");
}

#[test]
fn a_component_closes_its_own_idle_connection_to_another_address_first() {
    let budget = budget(2, &[1, 1]);
    let (own, other) = (now(&budget, 0).unwrap(), now(&budget, 1).unwrap());
    put_back(&budget, other);
    put_back(&budget, own);
    let Request::Waits(mut waiting) = budget.request(0, 7) else { panic!("a place too many") };
    assert!(got(&mut waiting).is_some());
    assert_eq!([0, 1].map(|component| budget.usage_of(component).idle), [0, 1]);
}

#[test]
fn free_places_go_to_the_waiting_components_in_turn() {
    let budget = budget(4, &[0, 0, 0]);
    let mut held: Vec<_> = (0..4).filter_map(|_| now(&budget, 0)).collect();
    let mut many: Vec<_> = (0..100).map(|_| waits(&budget, 1)).collect();
    let mut late: Vec<_> = (0..2).map(|_| waits(&budget, 2)).collect();
    let mut won = Vec::new();
    while let Some(one) = held.pop() {
        drop(one);
        won.extend(many.iter_mut().chain(&mut late).filter_map(got));
    }
    let turns: Vec<_> = won.iter().map(|held| held.place.component).collect();
    assert_eq!(turns, [1, 2, 1, 2]);
}

#[test]
fn a_component_gives_up_what_it_has_more_than_a_waiting_one_and_not_more() {
    let budget = budget(7, &[1, 1]);
    let held: Vec<_> = (0..7).filter_map(|_| now(&budget, 0)).collect();
    assert_eq!(held.len(), 6);
    let _own = now(&budget, 1).unwrap();
    let mut greedy: Vec<_> = (0..9).map(|_| waits(&budget, 0)).collect();
    let mut poor: Vec<_> = (0..9).map(|_| waits(&budget, 1)).collect();
    let (mut kept, mut won) = (Vec::new(), Vec::new());
    for one in held {
        put_back(&budget, one);
        kept.extend(greedy.iter_mut().filter_map(got));
        won.extend(poor.iter_mut().filter_map(got));
    }
    assert_eq!((kept.len(), won.len()), (4, 2), "four places and three");
    assert_eq!((budget.take_given_up(0), numbers(&budget).0), (2, 7));
}

#[test]
fn calls_from_one_component_to_another_all_end_under_any_load() {
    let budget = budget(8, &[2, 2]);
    let outer: Vec<_> = (0..50).filter_map(|_| now(&budget, 0)).collect();
    assert_eq!(outer.len(), 6, "every shared place");
    // Each keeps its connection while it waits for one of the component that it calls.
    let mut calls: Vec<_> = outer.into_iter().map(|own| (own, request(&budget, 1))).collect();
    while !calls.is_empty() {
        let before = calls.len();
        let mut waiting = Vec::new();
        for (own, inner) in calls {
            let granted = match inner {
                Request::Granted(granted) => open(granted),
                Request::Waits(mut queued) => match got(&mut queued) {
                    Some(held) => held,
                    None => {
                        waiting.push((own, Request::Waits(queued)));
                        continue;
                    }
                },
            };
            put_back(&budget, granted);
            put_back(&budget, own);
        }
        calls = waiting;
        assert!(calls.len() < before, "{before} calls block each other");
    }
}

#[test]
fn a_returned_connection_goes_to_the_next_request_of_its_pool() {
    let budget = budget(1, &[1]);
    let one = now(&budget, 0).unwrap();
    let mut waiting = [waits(&budget, 0), waits(&budget, 0)];
    put_back(&budget, PooledConnection { connection: 7, ..one });
    assert!(got(&mut waiting[1]).is_none());
    assert_eq!(got(&mut waiting[0]).unwrap().connection, 7);
}

#[test]
fn dropped_requests_leave_the_queue_and_give_back_what_they_got() {
    let budget = budget(2, &[1, 1]);
    let one = now(&budget, 0).unwrap();
    let waiting = [waits(&budget, 0), waits(&budget, 0)];
    assert_eq!(numbers(&budget), (1, 2));
    let [granted, gone] = waiting;
    drop(gone);
    assert_eq!(numbers(&budget), (1, 1));
    put_back(&budget, one);
    // It was granted the connection, and never took it.
    drop(granted);
    assert_eq!(numbers(&budget), (0, 0));
    assert!(now(&budget, 0).is_some());
}
