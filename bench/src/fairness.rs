//! What one client's attack costs another organisation: p95 of its `/me`, search and question
//! during the attack, as a ratio to the quiet host.

use std::time::Duration;

use tests::{
    attack::{Attack, Neighbour},
    stack::Stack,
};

use crate::{Figure, percentiles};

/// Samples of each kind, quiet and during each attack: so many that the first moment of an attack,
/// when all its connections open, is not the 95th percentile. It is shown apart, as the slowest.
const SAMPLES: usize = 150;
const KINDS: [&str; 3] = ["me", "search", "question"];

/// The 95th percentile of each kind and its slowest sample, milliseconds.
async fn p95(neighbour: &Neighbour) -> [(f64, f64); 3] {
    let mut samples: [Vec<f64>; 3] = Default::default();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    for _ in 0..SAMPLES {
        samples[0].push(millis(neighbour.me().await));
        samples[1].push(millis(neighbour.search().await));
        samples[2].push(millis(neighbour.chat().await));
    }
    samples.map(|samples| {
        let slowest = samples.iter().copied().fold(0.0, f64::max);
        (percentiles(samples).1, slowest)
    })
}

async fn begin(name: &str, stack: &Stack, url: &str) -> Attack {
    match name {
        "1 040 half sign-ins" => Attack::half_sign_ins(url, 1_040).await,
        "6 × 200 half HTTP/2 streams" => Attack::half_streams(url, 6, 200).await,
        "5 000 silent connections" => Attack::silent_connections(url, 5_000).await,
        "60 searches of one person at a time" => Attack::searches(stack, url, 60).await,
        "2 searches of each of 30 colleagues at a time" => {
            Attack::searches_of_an_organisation(stack, url, 30).await
        }
        "100 announced uploads of one person" => Attack::announced_uploads(stack, url, 100).await,
        _ => Attack::questions(stack, url, 1_030).await,
    }
}

/// Each attack on a host of its own, as it is shipped; a row for each. Gives the worst.
pub(crate) async fn measure(stack: &Stack) -> Figure {
    let mut worst = (0.0, String::new());
    for attack in [
        "1 040 half sign-ins",
        "6 × 200 half HTTP/2 streams",
        "5 000 silent connections",
        "60 searches of one person at a time",
        "2 searches of each of 30 colleagues at a time",
        "100 announced uploads of one person",
        "1 030 questions of one person at a slow model",
    ] {
        let host = stack.another_host(|_| {}).await;
        let url = format!("http://{}", host.addr());
        let neighbour = Neighbour::new(stack, &url).await;
        p95(&neighbour).await;
        let quiet = p95(&neighbour).await;
        let running = begin(attack, stack, &url).await;
        let during = p95(&neighbour).await;
        let statuses = running.statuses();
        drop(running);
        for ((kind, quiet), (during, slowest)) in KINDS.into_iter().zip(quiet).zip(during) {
            let (quiet, slowest_quiet) = quiet;
            let ratio = during / quiet;
            println!(
                "| {attack}: another's {kind}, p95 (slowest) | {during:.1} ({slowest:.1}) ms | {quiet:.1} ({slowest_quiet:.1}) ms quiet | {ratio:.1} | <= 3 | (attacker's answers: {statuses:?})"
            );
            if ratio > worst.0 {
                worst = (ratio, format!("{kind} during {attack}"));
            }
        }
        host.shutdown().await;
    }
    Figure {
        name: "worst p95 of another organisation during an attack",
        goal: "<= 3",
        ours: worst.1,
        theirs: "the same, quiet".to_owned(),
        result: format!("{:.1}", worst.0),
    }
}
