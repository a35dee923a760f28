//! A crawl of 5 000 pages whose worker is killed again and again: no page may be lost or doubled.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::Row;
use tests::{client::Client, stack::Stack};

use crate::{
    Figure,
    crawl::{self, PAGES, Site},
};

const KILLS: usize = 1_000;
/// The longest that a worker lives after its models answer, in milliseconds.
const LONGEST_LIFETIME: u64 = 1_500;
/// Ends the leases of the killed worker and the pauses after crashes, instead of waiting for them.
pub(crate) const EXPIRE: &str = "update jobs
    set lease_until = case when status = 'running' then now() else lease_until end, run_at = least(run_at, now())
    where status in ('running', 'queued')";

/// Spread over the range, the same for each measurement.
pub(crate) fn lifetime(kill: usize) -> Duration {
    Duration::from_millis((kill as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) % LONGEST_LIFETIME)
}

async fn begin(client: &Client, website: &str) -> String {
    let runs = format!("/api/v1/websites/{website}/runs");
    let run = client.post(&runs, &json!({})).await.expect(202);
    format!("{runs}/{}", run["id"].as_str().unwrap())
}

/// The run if it has ended, which it must do well.
async fn ended(client: &Client, run: &str) -> Option<Value> {
    let run = client.get(run).await.expect(200);
    let state = run["state"].as_str().unwrap();
    assert!(["queued", "running", "succeeded"].contains(&state), "{run:#}");
    (state == "succeeded").then_some(run)
}

async fn until_ended(client: &Client, run: &str) -> Value {
    loop {
        if let Some(run) = ended(client, run).await {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Pages, documents that pages have, documents at all, and documents whose chunks are not as many
/// as those of the others.
async fn stored(connection: &mut sqlx::PgConnection) -> [i64; 4] {
    let sql = "with counts as (select d.id, count(c.id) as chunks from documents d left join chunks c on c.document_id = d.id group by d.id)
        select (select count(*) from website_pages where state = 'current') as pages,
               (select count(distinct document_id) from website_pages where state = 'current') as of_pages,
               (select count(*) from documents) as documents,
               (select count(*) from counts where chunks <> (select mode() within group (order by chunks) from counts)) as odd";
    let row = sqlx::query(sql).fetch_one(connection).await.unwrap();
    ["pages", "of_pages", "documents", "odd"].map(|column| row.get(column))
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let url = crawl::start(Arc::new(Site::default())).await;
    let (client, person) = stack.person("bench").await;
    let website = crawl::create(&client, &url).await;
    let mut connection = stack.database.superuser_in(person.tenant).await;
    let begun = Instant::now();
    let mut run = begin(&client, &website).await;
    let mut runs = 1;
    let mut first = None;
    for kill in 0..KILLS {
        tokio::time::sleep(lifetime(kill)).await;
        stack.kill_worker();
        sqlx::query(EXPIRE).execute(&mut connection).await.unwrap();
        stack.revive_worker().await;
        if ended(&client, &run).await.is_some() {
            first.get_or_insert(kill);
            run = begin(&client, &website).await;
            runs += 1;
        }
    }
    until_ended(&client, &run).await;
    crawl::until_indexed(&mut connection).await;
    let last = begin(&client, &website).await;
    let last = until_ended(&client, &last).await;
    let [pages, of_pages, documents, odd] = stored(&mut connection).await;
    let found = PAGES as i64;
    let lost = (found - of_pages).max(0) + last["added"].as_i64().unwrap();
    let doubled = (pages - found).max(0) + (documents - of_pages).max(0);
    Figure {
        name: "1 000 kills of the worker over runs of a website of 5 000 pages",
        goal: "no page lost or doubled",
        ours: format!(
            "{runs} runs in {:.0} s; the first took {} kills; {pages} pages, {documents} documents, {odd} with other chunks",
            begun.elapsed().as_secs_f64(),
            first.map_or("all".to_owned(), |kills| kills.to_string()),
        ),
        theirs: String::new(),
        result: format!("{lost} lost, {doubled} doubled"),
    }
}
