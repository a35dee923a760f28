//! Websites: the first run, the second, what changed and what went; stopped, killed and scheduled
//! runs.

use platform::pg::Db;
use sqlx::Row as _;
use websites::{
    RunState,
    wire::{Interval, Schedule},
};

use crate::{
    crawled::{CrawledWebsite, count, documents},
    site::text,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_writes_what_has_changed_and_nothing_else() {
    let crawled = CrawledWebsite::with(4).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [5, 0, 0, 0, 0]));
    let first = documents(harness).await;
    assert_eq!(first.len(), 5);

    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 5, 0, 0]));
    assert_eq!(documents(harness).await, first, "nothing was written");

    site.put("/2", &text("Page 2", "something else entirely"));
    site.remove("/3");
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 1, 3, 0, 0]));
    let third = documents(harness).await;
    let of = |documents: &[(String, String, String, i64)], path: &str| {
        documents.iter().find(|document| document.0 == site.url(path)).cloned().unwrap()
    };
    let (before, after) = (of(&first, "/2"), of(&third, "/2"));
    assert_eq!(
        (before.1 == after.1, before.2 == after.2, after.3),
        (true, false, 2),
        "the same document, another text"
    );
    assert_eq!(of(&third, "/3"), of(&first, "/3"), "what is gone once stays");

    assert_eq!(crawled.crawl().await.1[3], 1);
    let urls: Vec<String> =
        documents(harness).await.into_iter().map(|document| document.0).collect();
    assert_eq!(urls, ["/", "/1", "/2", "/4"].map(|path| site.url(path)), "what is gone twice goes");
    let entries =
        count(harness, "select count(*) from audit_entries where action = 'website.crawled'").await;
    assert_eq!(
        (
            entries,
            count(harness, "select count(*) from audit_entries where action like 'document.%'")
                .await
        ),
        (4, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_become_documents_that_say_where_they_are_from() {
    let crawled = CrawledWebsite::with(1).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    crawled.crawl().await;
    let page = harness.until("both are ready", async || {
        let sql = "select source_url, title, language, source_fetched_at is not null from documents where status = 'ready' order by source_url";
        let rows = sqlx::query(sql).fetch_all(&mut *harness.db.lock().await).await.unwrap();
        let read = |row: &sqlx::postgres::PgRow| -> (String, String, Option<String>, bool) {
            (row.get(0), row.get(1), row.get(2), row.get(3))
        };
        (rows.len() == 2).then(|| read(&rows[1]))
    });
    let (url, title, language, is_dated) = page.await;
    assert_eq!((url, language.as_deref(), is_dated), (site.url("/1"), Some("english"), true));
    assert!(title.contains("Page 1") || title.contains("T/1"), "{title}");
    assert_eq!(
        count(harness, "select count(*) from chunks where content like '%subject number 1%'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_turns_noindex_loses_its_document() {
    let crawled = CrawledWebsite::with(2).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    crawled.crawl().await;
    site.answer("/2", 200, "x-robots-tag: noindex\r\n", &text("Page 2", "subject number 2"));
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 2, 1, 0]));
    assert_eq!(documents(harness).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_could_not_look_at_the_start_removes_nothing() {
    let crawled = CrawledWebsite::with(3).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    crawled.crawl().await;
    let before = documents(harness).await;
    site.answer("/", 403, "", "no");
    for _ in 0..2 {
        // What the start linked to when it was read last is looked at.
        assert_eq!(crawled.crawl().await, (RunState::Partial, [0, 0, 3, 0, 1]));
    }
    assert_eq!(documents(harness).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_ends_while_its_site_is_silent_and_keeps_what_it_has() {
    let crawled = CrawledWebsite::with(200).await;
    crawled.site.answer_only(60);
    let _worker = crawled.worker();
    let id = crawled.start().await;
    crawled.until_more(id, 0).await;
    websites::stop_run(&crawled.cx, crawled.website, id).await.unwrap();
    let ended = crawled.until_ended(id).await;
    assert_eq!(ended.state, RunState::Stopped);
    assert_eq!(
        documents(&crawled.harness).await.len(),
        usize::try_from(ended.counts.added).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_goes_on_where_it_was() {
    let crawled = CrawledWebsite::with(60).await;
    let harness = &crawled.harness;
    crawled.site.answer_only(40);
    let _worker = crawled.worker();
    let id = crawled.start().await;
    crawled.until_more(id, 0).await;
    websites::pause_run(&crawled.cx, crawled.website, id).await.unwrap();
    let crawls = "select count(*) from jobs where kind = 'crawl_website' and status = 'running'";
    harness
        .until("its job has ended", async || (count(harness, crawls).await == 0).then_some(()))
        .await;
    assert_eq!(crawled.run(id).await.state, RunState::Paused);
    crawled.site.answer_all();
    websites::resume_run(&crawled.cx, crawled.website, id).await.unwrap();
    harness.wake().await;
    let ended = crawled.until_ended(id).await;
    assert_eq!((ended.state, ended.counts.added), (RunState::Succeeded, 61));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_workers_are_killed_loses_and_doubles_no_page() {
    let crawled = CrawledWebsite::with(200).await;
    let harness = &crawled.harness;
    let id = crawled.start().await;
    let mut stored = 0;
    for _ in 0..3 {
        crawled.site.answer_only(50);
        let worker = crawled.worker();
        stored = crawled.until_more(id, stored).await;
        worker.kill();
        harness.change_all("update jobs set lease_until = now() where status = 'running'").await;
    }
    assert!(stored < 201, "caught too late");
    crawled.site.answer_all();
    let _worker = crawled.worker();
    let ended = crawled.until_ended(id).await;
    assert_eq!(
        (ended.state, ended.counts.added, ended.counts.failed),
        (RunState::Succeeded, 201, 0)
    );
    let doubled =
        count(harness, "select count(*) - count(distinct source_url) from documents").await;
    assert_eq!((documents(harness).await.len(), doubled), (201, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_is_due_begins_one_run() {
    let crawled =
        CrawledWebsite::scheduled(1, Schedule { every: Interval::Hourly, ..Schedule::default() })
            .await;
    let harness = &crawled.harness;
    harness
        .change_all("update schedules set next_run_at = now() where website_id is not null")
        .await;
    let scheduler = Db::new(harness.database.source("tessera_scheduler").await, None);
    let _worker = crawled.worker();
    queue::schedule::queue_jobs(&scheduler).await.unwrap();
    harness.wake().await;
    let ended =
        "select count(*) from crawl_runs where trigger = 'schedule' and state = 'succeeded'";
    harness
        .until("the run has ended", async || (count(harness, ended).await == 1).then_some(()))
        .await;
    assert_eq!(count(harness, "select count(*) from jobs where kind = 'crawl_website'").await, 1);
    let planned = "select count(*) from schedules where website_id is not null and next_run_at between now() and now() + interval '2 hours'";
    harness
        .until("the next one is planned", async || {
            (count(harness, planned).await == 1).then_some(())
        })
        .await;
    assert!(
        websites::get_website(&crawled.cx, crawled.website).await.unwrap().next_run_at.is_some()
    );
}
