//! Thousands of uploads whose worker is killed again and again: no job may be lost, doubled or
//! given up.

use std::time::{Duration, Instant};

use futures::StreamExt;
use sqlx::Row;
use tests::stack::Stack;

use crate::{Figure, crawl_kills};

/// Uploads that are in flight at a time.
const UPLOADS: usize = 8;

/// `TESSERA_BENCH_JOBS` and `TESSERA_BENCH_KILLS`, or as many as the goal names.
fn count(variable: &str, goal: usize) -> usize {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(goal)
}

/// What became of the documents: ready with one chunk, failed, of other states or chunks; and
/// of their jobs, how many did not succeed exactly once.
async fn outcomes(connection: &mut sqlx::PgConnection) -> [i64; 4] {
    let sql = "with counts as (select d.id, d.status, count(c.id) as chunks,
                 (select count(*) from jobs j where j.document_id = d.id and j.status = 'succeeded') as succeeded
               from documents d left join chunks c on c.document_id = d.id group by d.id)
        select count(*) filter (where status = 'ready' and chunks = 1) as ready,
               count(*) filter (where status = 'failed') as failed,
               count(*) filter (where status not in ('ready', 'failed') or (status = 'ready' and chunks <> 1)) as odd,
               count(*) filter (where succeeded <> 1) as repeated from counts";
    let row = sqlx::query(sql).fetch_one(connection).await.unwrap();
    ["ready", "failed", "odd", "repeated"].map(|column| row.get(column))
}

/// Jobs that wait or run.
async fn open(connection: &mut sqlx::PgConnection) -> i64 {
    let sql = "select count(*) from jobs where status in ('queued', 'running')";
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let (jobs, kills) = (count("TESSERA_BENCH_JOBS", 10_000), count("TESSERA_BENCH_KILLS", 1_000));
    let (client, person) = stack.person("bench").await;
    let (_, collection) = client.collection("Killed").await;
    let mut connection = stack.database.superuser_in(person.tenant).await;
    let begun = Instant::now();
    stack.kill_worker();
    futures::stream::iter(0..jobs)
        .for_each_concurrent(UPLOADS, async |n| {
            let text = format!("# Note {n}\n\nThe meeting of group {n} is in room {n}.");
            client.upload(&collection, &format!("note-{n}.md"), text).await.expect(202);
        })
        .await;
    stack.revive_worker().await;
    let mut killed = 0;
    while killed < kills && open(&mut connection).await > 0 {
        tokio::time::sleep(crawl_kills::lifetime(killed)).await;
        stack.kill_worker();
        killed += 1;
        sqlx::query(crawl_kills::EXPIRE).execute(&mut connection).await.unwrap();
        stack.revive_worker().await;
    }
    while open(&mut connection).await > 0 {
        // Suspects wait for minutes before they run alone.
        sqlx::query("update jobs set run_at = least(run_at, now()) where status = 'queued'")
            .execute(&mut connection)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let [ready, failed, odd, repeated] = outcomes(&mut connection).await;
    let lost = jobs as i64 - ready;
    Figure {
        name: "uploads whose worker is killed again and again",
        goal: "0 of 10 000 lost, doubled or given up under 1 000 kills",
        ours: format!("{jobs} uploads, {killed} kills in {:.0} s", begun.elapsed().as_secs_f64()),
        theirs: String::new(),
        result: format!(
            "{lost} lost ({failed} failed), {odd} with other chunks, {repeated} jobs that did not succeed once"
        ),
    }
}
