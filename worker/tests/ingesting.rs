//! Documents become ready, with pages and chunks that belong together.

use crate::harness::{Harness, demo, prose};

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_document_becomes_ready_and_each_chunk_matches_its_range() {
    let harness = Harness::new().await;
    let _worker = harness.worker();
    let kinds = [
        ("handbook.pdf", "application/pdf"),
        ("energy.html", "text/html"),
        (
            "annual-meeting-2025.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("common-rooms.md", "text/markdown"),
        ("maintenance-plan.csv", "text/csv"),
    ];
    let mut uploaded = Vec::new();
    for (name, media_type) in kinds {
        uploaded.push((name, media_type, harness.upload(name, &demo(name)).await));
    }
    for (name, media_type, (document, job)) in uploaded {
        let stored = harness.until("the document is no longer worked on", async || {
            let found = harness.document(document).await;
            ["ready", "failed"].contains(&found.status.as_str()).then_some(found)
        });
        let stored = stored.await;
        assert_eq!(
            (stored.status.as_str(), stored.failure_code.as_deref()),
            ("ready", None),
            "{name}"
        );
        assert_eq!((stored.progress, stored.media_type.as_str()), (100, media_type), "{name}");
        assert!(stored.chunks > 0 && stored.pages > 0, "{name}: {stored:?}");
        assert_eq!(i64::from(stored.chunk_count), stored.chunks, "{name}");
        assert_eq!(stored.page_count.map(i64::from), Some(stored.pages), "{name}");
        assert_eq!(harness.misplaced(document).await, 0, "{name}");
        assert_eq!(harness.job(job).await.status, "succeeded", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_has_its_language_and_its_own_title() {
    let harness = Harness::new().await;
    let _worker = harness.worker();
    let (english, _) = harness.upload("report.md", &prose(20)).await;
    let swedish = "Föreningens årsstämma beslutade att höja avgiften med tre procent från och med nästa år. Styrelsen fick i uppdrag att \
                   ta in anbud på nya fönster, och att redovisa dem för medlemmarna före sommaren.";
    let (other, _) = harness.upload("protokoll.txt", swedish.as_bytes()).await;
    let english = harness.until_status(english, "ready").await;
    assert_eq!(
        (english.language.as_deref(), english.title.as_str()),
        (Some("english"), "The long report")
    );
    let other = harness.until_status(other, "ready").await;
    assert_eq!(
        (other.language.as_deref(), other.title.as_str()),
        (Some("swedish"), "protokoll.txt")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_get_an_event_for_every_state_in_order() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(200)).await;
    let _worker = harness.worker();
    harness.until_status(document, "ready").await;
    // The event follows a moment after the commit.
    let is_reported = async || {
        let events = harness.events().await;
        let ended = events.iter().any(|e| e["type"] == "job" && e["job"]["status"] == "succeeded");
        (ended && events.iter().any(|e| e["type"] == "document" && e["status"] == "ready"))
            .then_some(events)
    };
    let events = harness.until("the event of the end", is_reported).await;
    let space = harness.person.space.to_string();
    assert!(events.iter().all(|event| event["space_id"] == space.as_str()), "{events:?}");
    let of_document: Vec<_> = events.iter().filter(|e| e["type"] == "document").collect();
    let progress: Vec<i64> = of_document.iter().map(|e| e["progress"].as_i64().unwrap()).collect();
    assert!(
        progress.is_sorted() && progress.len() > 2 && progress.last() == Some(&100),
        "{progress:?}"
    );
    assert_eq!(of_document[0]["status"], "processing");
    let last = of_document.last().unwrap();
    assert_eq!((&last["status"], &last["failure"]), (&"ready".into(), &serde_json::Value::Null));
    let last_job = events.iter().rfind(|e| e["type"] == "job").unwrap();
    assert_eq!(
        (&last_job["job"]["id"], &last_job["job"]["status"]),
        (&job.to_string().into(), &"succeeded".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_become_ready_without_redis() {
    let harness = Harness::new().await;
    let _worker = harness.worker_with(&[("TESSERA_REDIS_URL", "redis://127.0.0.1:1")]);
    let (document, _) = harness.upload("common-rooms.md", &demo("common-rooms.md")).await;
    harness.until_status(document, "ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_never_run_the_same_job() {
    let harness = Harness::new().await;
    let _workers = [harness.worker(), harness.worker()];
    let mut uploaded = Vec::new();
    for n in 0..12 {
        uploaded.push(harness.upload(&format!("report-{n}.md"), &prose(10 + n)).await);
    }
    for (document, job) in uploaded {
        let stored = harness.until_status(document, "ready").await;
        assert_eq!(i64::from(stored.chunk_count), stored.chunks);
        assert_eq!(harness.job(job).await.attempts, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_ready_as_it_is_only_where_it_is_attached() {
    let harness = Harness::new().await;
    let _worker = harness.worker();
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let (document, _) = harness.upload("cat.png", picture).await;
    let refused = harness.until_status(document, "failed").await;
    assert_eq!(refused.failure_code.as_deref(), Some("unsupported_type"));
    let sql = "update collections set for_attachments = true";
    sqlx::query(sql).execute(&mut harness.database.superuser().await).await.unwrap();
    let (document, _) = harness.upload("cat.png", picture).await;
    let ready = harness.until_status(document, "ready").await;
    assert_eq!((ready.media_type.as_str(), ready.chunks), ("image/png", 0));
    let large = [picture.as_slice(), &vec![0; 1 << 20]].concat();
    let (document, _) = harness.upload("large.png", &large).await;
    let refused = harness.until_status(document, "failed").await;
    assert_eq!(refused.failure_code.as_deref(), Some("picture_too_large"));
}
