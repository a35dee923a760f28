//! Two hosts and two workers behind a proxy, each restarted in turn under load: no request may
//! fail, and nothing may be lost or done twice. Then a host is killed while it writes answers.

mod answers;
mod kill;
mod load;
mod people;
mod proxy;
mod request_counts;
mod stored;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::client::Client;
use tests::cluster::{Cluster, Node};
use tokio::task::JoinSet;

use crate::Figure;
use load::{AcceptedWrites, Load};
use people::Person;
use proxy::Proxy;
use request_counts::RequestCounts;

/// How often each process is restarted.
const ROUNDS: usize = 2;
/// Answers that each person has written at the same time; with the events of each, 100 streams.
const ANSWERS: usize = 4;
/// Words of an answer, four a second.
const WORDS: std::ops::Range<usize> = 40..88;
/// Between two restarts.
const PAUSE: Duration = Duration::from_secs(3);
/// What an API key may in a minute.
const PER_MINUTE: usize = 30;

pub(crate) async fn measure() -> Figure {
    // As in deploy/compose.
    let drain = [("TESSERA_DRAIN_NOTICE_SECONDS", "5"), ("TESSERA_DRAIN_SECONDS", "120")];
    let cluster = Cluster::start(&drain).await;
    let proxy = Proxy::start(&cluster.hosts.each_ref().map(|host| host.addr)).await;
    let people = people::all(&cluster, &proxy.url).await;
    stored::schedule(&cluster).await;
    let (counts, accepted) = (RequestCounts::default(), AcceptedWrites::default());
    let heard = Arc::new(Mutex::new(HashSet::new()));
    let mut listeners = JoinSet::new();
    for person in &people {
        listeners.spawn(answers::hear(person.client.clone(), heard.clone(), counts.clone()));
    }
    let begun = Instant::now();
    let load = Load::start(people.clone(), accepted.clone(), counts.clone());
    let (stop, _) = tokio::sync::watch::channel(false);
    let askers = ask_all(&cluster, &people, &counts, &stop).await;
    for _ in 0..ROUNDS {
        for at in 0..2 {
            restart(&cluster.hosts[at]).await;
            restart(&cluster.workers[at]).await;
        }
    }
    let allowed = shared_limit(&people[0].client).await;
    load.stop().await;
    let took = begun.elapsed().as_secs_f64();
    stop.send_replace(true);
    let answered: usize = askers.join_all().await.into_iter().sum();
    let stored = stored::check(&cluster, &accepted, &counts).await;
    await_heard(&accepted, &heard, &counts).await;
    listeners.shutdown().await;
    counts.print();
    let [requests, failed, wrong, resumed] = counts.totals();
    println!("|   stored | {stored} | | | |");
    println!(
        "|   a key's {PER_MINUTE} requests a minute, over both hosts | {allowed} of {} allowed | | | {PER_MINUTE} |",
        2 * PER_MINUTE
    );
    let killed = kill::measure(&cluster, &people).await;
    Figure {
        name: "two hosts and two workers, each restarted twice, under requests and 100 streams",
        goal: "0 failed, 0 lost or duplicated",
        ours: format!(
            "{requests} requests in {took:.0} s, {} a second sent; {answered} answers complete; {resumed} streams resumed; \
             the proxy sent {} again; killed: {killed}",
            load::rate(),
            proxy.sent_again()
        ),
        theirs: String::new(),
        result: format!("{failed} failed, {wrong} lost or duplicated"),
    }
}

async fn restart(node: &Node) {
    let begun = Instant::now();
    let status = node.stop().await;
    let stopped = begun.elapsed().as_secs_f64();
    node.start().await;
    let took = begun.elapsed().as_secs_f64();
    println!(
        "|   {}, {status}: stopped, serving again after | {stopped:.1} s, {took:.1} s | | | |",
        node.name
    );
    tokio::time::sleep(PAUSE).await;
}

/// Has each person ask in several conversations, one question after the other, until `stop`. Each
/// task gives the number of its complete answers.
async fn ask_all(
    cluster: &Cluster,
    people: &[Person],
    counts: &RequestCounts,
    stop: &tokio::sync::watch::Sender<bool>,
) -> JoinSet<usize> {
    let provider = cluster.provider.clone();
    let mut askers = JoinSet::new();
    for person in people {
        for _ in 0..ANSWERS {
            let (person, counts, stop) = (person.clone(), counts.clone(), stop.subscribe());
            let provider = provider.clone();
            let conversation = person.conversation().await;
            askers.spawn(async move {
                let mut complete = 0;
                while !*stop.borrow() {
                    let question = uuid::Uuid::now_v7().simple().to_string();
                    let words = WORDS.start + question.len() * complete % WORDS.len();
                    let text = answers::script(&provider, &question, words);
                    let ended = person.ask(&conversation, &question, &counts).await;
                    match ended {
                        Some(ended) if ended.text == text && ended.last["type"] == "done" => {
                            complete += 1;
                        }
                        Some(ended) => counts.wrong(&format!(
                            "an answer of {} bytes ended with {} and {} bytes",
                            text.len(),
                            ended.last,
                            ended.text.len()
                        )),
                        // Counted as a failed request.
                        None => tokio::time::sleep(Duration::from_secs(1)).await,
                    }
                }
                complete
            });
        }
    }
    askers
}

/// Of twice the requests that a key may send in a minute, those that were answered.
async fn shared_limit(owner: &Client) -> usize {
    let new = json!({ "name": "Shared", "scopes": ["chat"], "requests_per_minute": PER_MINUTE });
    let made = owner.post("/api/v1/api-keys", &new).await.expect(201);
    let mut client = owner.clone();
    client.token = made["key"].as_str().map(str::to_owned);
    let mut allowed = 0;
    for _ in 0..2 * PER_MINUTE {
        allowed += usize::from(client.get("/api/v1/conversations").await.status == 200);
    }
    allowed
}

/// Every document that was accepted must be heard to be ready.
async fn await_heard(
    accepted: &AcceptedWrites,
    heard: &Mutex<HashSet<String>>,
    counts: &RequestCounts,
) {
    let accepted = accepted.documents.lock().unwrap().clone();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) && !accepted.is_subset(&heard.lock().unwrap()) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for id in accepted.difference(&heard.lock().unwrap()) {
        counts.wrong(&format!("no one heard that document {id} is ready"));
    }
}
