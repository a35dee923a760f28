//! Requests of one organisation succeed during attacks of another. `./stack bench fairness`
//! measures how fast.

use std::time::Duration;

use host::{Host, HostConfig};
use tests::{
    attack::{Attack, Neighbour},
    stack::Stack,
};

/// A host of its own, so that its refusals affect no other test, and its address.
async fn host(change: impl FnOnce(&mut HostConfig)) -> (Host, String) {
    let host = Stack::shared().another_host(change).await;
    let url = format!("http://{}", host.addr());
    (host, url)
}

/// The neighbour runs all operations several times; each response is checked.
async fn works(neighbour: &Neighbour) {
    for _ in 0..3 {
        neighbour.me().await;
        neighbour.search().await;
        neighbour.chat().await;
    }
}

#[tokio::test]
async fn a_thousand_unfinished_sign_ins_block_no_other_user() {
    let (host, url) = host(|_| {}).await;
    let neighbour = Neighbour::new(Stack::shared(), &url).await;
    let attack = Attack::half_sign_ins(&url, 1_040).await;
    works(&neighbour).await;
    drop(attack);
    host.shutdown().await;
}

#[tokio::test]
async fn six_connections_of_two_hundred_unfinished_streams_block_no_other_user() {
    let (host, url) = host(|_| {}).await;
    let neighbour = Neighbour::new(Stack::shared(), &url).await;
    let attack = Attack::half_streams(&url, 6, 200).await;
    works(&neighbour).await;
    drop(attack);
    host.shutdown().await;
}

#[tokio::test]
async fn silent_connections_of_one_address_block_no_other_user() {
    let (host, url) = host(|_| {}).await;
    let neighbour = Neighbour::new(Stack::shared(), &url).await;
    // Both ends are file descriptors of this process: five thousand are for `./stack bench
    // fairness`.
    let attack = Attack::silent_connections(&url, 1_500).await;
    works(&neighbour).await;
    drop(attack);
    host.shutdown().await;
}

/// Waits until the attacker has received this many responses of the status.
async fn answered(attack: &Attack, status: u16, count: usize) {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    let waiting = async {
        while attack.statuses().get(&status).copied().unwrap_or(0) < count {
            ticks.tick().await;
        }
    };
    let came = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    came.unwrap_or_else(|_| {
        panic!("{count} answers {status} expected, these came: {:?}", attack.statuses())
    });
}

#[tokio::test]
async fn questions_to_a_slow_model_beyond_all_permits_block_no_other_user() {
    // A sixteenth of the shipped limits, so that a sixteenth of a thousand questions takes all
    // permits.
    let (host, url) = host(|config| {
        let runtime = &mut config.runtime;
        (runtime.limits.requests_in_flight, runtime.limits.queue_wait_ms) = (64, 2_000);
        (runtime.shares.caller, runtime.shares.tenant, runtime.shares.component) = (4, 16, 32);
    })
    .await;
    let neighbour = Neighbour::new(Stack::shared(), &url).await;
    let attack = Attack::questions(Stack::shared(), &url, 66).await;
    answered(&attack, 200, 4).await;
    works(&neighbour).await;
    // Requests beyond the user's share get a 429.
    answered(&attack, 429, 62).await;
    works(&neighbour).await;
    assert_eq!(attack.statuses().into_iter().collect::<Vec<_>>(), [(200, 4), (429, 62)]);
    drop(attack);
    host.shutdown().await;
}

#[tokio::test]
async fn sixty_concurrent_searches_of_one_user_block_no_other_user() {
    let (host, url) = host(|_| {}).await;
    let neighbour = Neighbour::new(Stack::shared(), &url).await;
    let attack = Attack::searches(Stack::shared(), &url, 60).await;
    answered(&attack, 200, 1).await;
    works(&neighbour).await;
    let statuses = attack.statuses();
    assert!(statuses.keys().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
    drop(attack);
    host.shutdown().await;
}
