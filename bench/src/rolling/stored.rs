//! What the database has afterwards: nothing that was accepted may be lost, and nothing done twice.

use std::time::{Duration, Instant};

use sqlx::PgConnection;
use tests::cluster::Cluster;

use super::{load::AcceptedWrites, request_counts::RequestCounts};

/// Schedules of one minute.
const SCHEDULES: i32 = 20;
/// How long the last jobs may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Enters schedules, whose jobs fail at once: they are only counted.
pub(crate) async fn schedule(cluster: &Cluster) {
    let tenant = cluster.database.person("scheduled").await.tenant;
    let sql = r#"insert into schedules (tenant_id, kind, cron, next_run_at, job)
        select $1, 'check_website', '* * * * *', now(),
               jsonb_build_object('kind', 'check_website', 'lane', 'short', 'max_attempts', 1,
                                  'payload', jsonb_build_object('schedule', n))
          from generate_series(1, $2) n"#;
    let mut db = cluster.database.superuser_in(tenant).await;
    sqlx::query(sql).bind(tenant.0).bind(SCHEDULES).execute(&mut db).await.unwrap();
}

/// Waits for the last jobs, and counts what is lost or duplicated.
pub(crate) async fn check(
    cluster: &Cluster,
    accepted: &AcceptedWrites,
    counts: &RequestCounts,
) -> String {
    let mut db = cluster.database.superuser().await;
    let begun = Instant::now();
    let waiting = "select count(*) from documents where status not in ('ready', 'failed')";
    while count(&mut db, waiting).await > 0 && begun.elapsed() < TIMEOUT {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let documents = ids(&mut db, "select id::text from documents where status = 'ready'").await;
    let conversations = "select id::text from conversations c
        where not exists (select from messages m where m.conversation_id = c.id)";
    let conversations = ids(&mut db, conversations).await;
    compare("document", &accepted.documents.lock().unwrap(), &documents, counts);
    compare("conversation", &accepted.conversations.lock().unwrap(), &conversations, counts);
    for (what, sql) in [
        (
            "documents with other than one chunk",
            "select count(*) from documents d where (select count(*) from chunks c where c.document_id = d.id) <> 1",
        ),
        (
            "documents with other than one job",
            "select count(*) from documents d where (select count(*) from jobs j where j.document_id = d.id) <> 1",
        ),
        (
            "jobs of documents that did not succeed",
            "select count(*) from jobs where document_id is not null and status <> 'succeeded'",
        ),
        (
            "schedules that ran twice in a minute",
            "select count(*) from (select from jobs where payload ? 'schedule'
               group by payload ->> 'schedule', date_trunc('minute', created_at) having count(*) > 1) as twice",
        ),
    ] {
        let wrong = count(&mut db, sql).await;
        if wrong > 0 {
            counts.wrong(&format!("{wrong} {what}"));
        }
    }
    let runs = count(&mut db, "select count(*) from jobs where payload ? 'schedule'").await;
    let crashes = count(&mut db, "select coalesce(sum(crashes), 0) from jobs").await;
    format!(
        "{} documents, {} conversations, {runs} runs of {SCHEDULES} schedules, {crashes} crashes of jobs",
        documents.len(),
        conversations.len()
    )
}

fn compare(
    what: &str,
    accepted: &std::collections::HashSet<String>,
    stored: &std::collections::HashSet<String>,
    counts: &RequestCounts,
) {
    for id in accepted.difference(stored) {
        counts.wrong(&format!("{what} {id} is lost"));
    }
    for id in stored.difference(accepted) {
        counts.wrong(&format!("{what} {id} was not accepted"));
    }
}

async fn count(db: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

async fn ids(db: &mut PgConnection, sql: &'static str) -> std::collections::HashSet<String> {
    sqlx::query_scalar(sql).fetch_all(db).await.unwrap().into_iter().collect()
}
