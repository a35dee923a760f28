//! Five hundred people sign in within a minute: do answers that stream meanwhile keep their pace?

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::{StreamExt, future, stream};
use serde_json::json;
use tests::{client::Client, provider::Script, stack::Stack};
use tokio::{sync::mpsc, time::interval};

use crate::{Figure, percentiles};

const SIGN_INS: u32 = 500;
const MINUTE: Duration = Duration::from_secs(60);
const QUIET: Duration = Duration::from_secs(15);
const STREAMS: usize = 8;
/// About as fast as a model speaks.
const PACE: Duration = Duration::from_millis(50);

#[expect(clippy::disallowed_methods, reason = "a measurement is on the system's time")]
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1e3
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let people: Vec<_> =
        stream::iter(0..10).then(|_| stack.database.person("bench")).collect().await;
    let (client, _) = stack.person("bench").await;
    let space = client.create("/api/v1/spaces", &json!({ "name": "Bench" })).await;
    let assistant =
        client.create("/api/v1/assistants", &json!({ "space_id": space, "name": "Bench" })).await;
    let quiet = delays(stack, &client, &assistant, "quiet", QUIET).await;
    let load = async {
        let mut ticks = interval(MINUTE / SIGN_INS);
        let mut running = Vec::new();
        for n in 0..SIGN_INS as usize {
            ticks.tick().await;
            let (mut client, person) = (stack.anonymous(), people[n % people.len()].clone());
            running.push(tokio::spawn(async move {
                let begun = Instant::now();
                client.sign_in(&person.email, person.password).await;
                begun.elapsed().as_secs_f64() * 1e3
            }));
        }
        future::try_join_all(running).await.unwrap()
    };
    let begun = Instant::now();
    let busy = delays(stack, &client, &assistant, "busy", MINUTE);
    let (took, busy) = future::join(async { (load.await, begun.elapsed()) }, busy).await;
    let (took, all) = took;
    let per_minute = f64::from(SIGN_INS) * 60.0 / all.as_secs_f64();
    let ((half, most), (before, before95), (during, during95)) =
        (percentiles(took), percentiles(quiet), percentiles(busy));
    Figure {
        name: "sign-ins sustained for a minute, with 8 answers streaming",
        goal: "500 / min, streams keep their pace",
        ours: format!("{per_minute:.0} / min, p50 / p95 {half:.0} / {most:.0} ms"),
        theirs: format!(
            "delay of a piece, p50 / p95: {during:.1} / {during95:.1} ms; without sign-ins {before:.1} / {before95:.1} ms"
        ),
        result: format!("{:.1} ms more at p95", during95 - before95),
    }
}

/// Milliseconds from the provider's piece to the client's, of all streams.
async fn delays(
    stack: &Stack,
    client: &Client,
    assistant: &str,
    name: &str,
    time: Duration,
) -> Vec<f64> {
    let streams = (0..STREAMS).map(|n| async move {
        let conversation =
            client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
        let question = format!("How fast is {name} answer {n}?");
        let (say, script) = mpsc::unbounded_channel();
        stack.provider.on(&question, Script::Live(script));
        let mut events = client.ask(&conversation, &question).await;
        let speak = async move {
            let (begun, mut ticks) = (Instant::now(), interval(PACE));
            while begun.elapsed() < time {
                ticks.tick().await;
                say.send(format!("{:.3} ", now())).unwrap();
            }
        };
        let listen = async {
            let mut delays = Vec::new();
            while let Some(event) = events.next().await {
                let came = now();
                let content = event.data["content"].as_str().unwrap_or_default();
                delays.extend(
                    content
                        .split_whitespace()
                        .filter_map(|sent| Some(came - sent.parse::<f64>().ok()?)),
                );
            }
            delays
        };
        future::join(speak, listen).await.1
    });
    future::join_all(streams).await.concat()
}
