//! Moving a collection to another embedding model.

use jobs::Status;
use kernel::{Code, id::JobId};
use sqlx::Row;

use crate::harness::{Harness, Worker, prose};

const E5: &str = "multilingual-e5-small";
/// Paragraphs of the long document: enough to be caught in the middle. Without optimisation a model
/// takes a second for a few.
const LONG: usize = if cfg!(debug_assertions) { 1 } else { 400 };

/// What is stored of the collection's indexes.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Indexes {
    model: String,
    /// Chunks of the index that answers, of the next one, and of any other.
    chunks: i64,
    next: i64,
    others: i64,
    is_moving: bool,
}

async fn indexes(harness: &Harness) -> Indexes {
    let sql = "select c.embedding_model, c.next_index_id is not null as is_moving,
          count(p.id) filter (where p.index_id = c.index_id) as chunks,
          count(p.id) filter (where p.index_id = c.next_index_id) as next,
          count(p.id) filter (where p.index_id <> c.index_id and p.index_id is distinct from c.next_index_id) as others
          from collections c left join documents d on d.collection_id = c.id left join chunks p on p.document_id = d.id
         where c.id = $1 group by c.id";
    let row = sqlx::query(sql)
        .bind(harness.collection.0)
        .fetch_one(&mut *harness.db.lock().await)
        .await
        .unwrap();
    Indexes {
        model: row.get("embedding_model"),
        chunks: row.get("chunks"),
        next: row.get("next"),
        others: row.get("others"),
        is_moving: row.get("is_moving"),
    }
}

/// Whether the counts of lexemes and of documents are those of the chunks that answer.
async fn counts_fit(harness: &Harness) -> bool {
    let sql = "select (select coalesce(sum(l.chunks), 0)::bigint from collection_lexemes l where l.index_id = c.index_id and l.lexeme = '')
                 = (select count(*) from chunks p where p.index_id = c.index_id)
             and not exists (select from documents d where d.collection_id = c.id
                                and d.chunk_count <> (select count(*) from chunks p where p.document_id = d.id and p.index_id = c.index_id))
          from collections c where c.id = $1";
    sqlx::query_scalar(sql)
        .bind(harness.collection.0)
        .fetch_one(&mut *harness.db.lock().await)
        .await
        .unwrap()
}

async fn reembed(harness: &Harness) -> JobId {
    let cx = harness.cx("tessera_workspace").await;
    let job = knowledge::reembed_collection(&cx, harness.collection, E5).await.unwrap();
    harness.wake().await;
    job
}

async fn until_job(harness: &Harness, job: JobId, status: &str) {
    harness
        .until(&format!("the job is {status}"), async || {
            (harness.job(job).await.status == status).then_some(())
        })
        .await;
}

/// A collection of one long and two short documents, and the worker that ingested them.
async fn filled() -> (Harness, Worker) {
    let harness = Harness::new().await;
    let worker = harness.worker();
    let page = b"<title>Energy</title><h1>Heat</h1><p>Heat pumps lift it.</p>".to_vec();
    for (name, bytes) in
        [("long.md", prose(LONG)), ("energy.html", page), ("short.md", b"Short.".to_vec())]
    {
        let (document, _) = harness.upload(name, &bytes).await;
        harness.until_status(document, "ready").await;
    }
    (harness, worker)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_moves_to_another_model_with_every_document() {
    let (harness, _worker) = filled().await;
    let before = indexes(&harness).await;
    let job = reembed(&harness).await;
    until_job(&harness, job, "succeeded").await;
    let after = indexes(&harness).await;
    assert_eq!((after.model.as_str(), after.is_moving, after.next), (E5, false, 0));
    assert!(after.chunks > 0 && after.others == before.chunks, "{before:?} {after:?}");
    assert!(counts_fit(&harness).await);
    let misplaced =
        "select count(*) from chunks c left join document_pages p on p.document_id = c.document_id and p.page = c.page
        where substr(p.text, c.char_start + 1, c.char_end - c.char_start) is distinct from c.content";
    let misplaced: i64 =
        sqlx::query_scalar(misplaced).fetch_one(&mut *harness.db.lock().await).await.unwrap();
    assert_eq!(misplaced, 0, "citations open at their places");
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_of_the_former_model_are_removed_after_the_switch() {
    let (harness, _worker) = filled().await;
    let job = reembed(&harness).await;
    until_job(&harness, job, "succeeded").await;
    harness
        .change_all("update schedules set next_run_at = now() where kind = 'remove_stale_indexes'")
        .await;
    harness
        .until("no other chunks are left", async || {
            (indexes(&harness).await.others == 0).then_some(())
        })
        .await;
    assert!(counts_fit(&harness).await);
    let left = "select count(*) from collection_lexemes l where not exists (select from collections c where c.index_id = l.index_id)";
    harness
        .until("no other counts are left", async || {
            let left: i64 =
                sqlx::query_scalar(left).fetch_one(&mut *harness.db.lock().await).await.unwrap();
            (left == 0).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_while_it_reembeds_loses_nothing_and_doubles_nothing() {
    let (harness, worker) = filled().await;
    let before = indexes(&harness).await;
    let job = reembed(&harness).await;
    harness
        .until("some chunks are made", async || (indexes(&harness).await.next > 0).then_some(()))
        .await;
    worker.kill();
    let half = indexes(&harness).await;
    assert_eq!(
        (half.model.as_str(), half.chunks),
        (before.model.as_str(), before.chunks),
        "the old index answers"
    );
    harness.change_all("update jobs set lease_until = now() where status = 'running'").await;
    let _worker = harness.worker();
    until_job(&harness, job, "succeeded").await;
    let killed = indexes(&harness).await;
    let doubled = "select count(*) from (select 1 from chunks group by document_id, index_id, ordinal having count(*) > 1) n";
    let doubled: i64 =
        sqlx::query_scalar(doubled).fetch_one(&mut *harness.db.lock().await).await.unwrap();
    assert_eq!((killed.model.as_str(), killed.is_moving, doubled), (E5, false, 0));
    assert!(counts_fit(&harness).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_move_leaves_the_collection_as_it_was() {
    let (harness, _worker) = filled().await;
    let before = indexes(&harness).await;
    let job = reembed(&harness).await;
    harness
        .until("some chunks are made", async || (indexes(&harness).await.next > 0).then_some(()))
        .await;
    jobs::cancel_job(&harness.cx("tessera_events").await, job).await.unwrap();
    until_job(&harness, job, "cancelled").await;
    let after = indexes(&harness).await;
    assert_eq!(
        (&after.model, after.chunks, after.is_moving),
        (&before.model, before.chunks, false)
    );
    let again = reembed(&harness).await;
    until_job(&harness, again, "succeeded").await;
    assert_eq!(indexes(&harness).await.model, E5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_cancelled_while_it_waits_is_given_up() {
    let harness = Harness::new().await;
    let job = reembed(&harness).await;
    let cancelled = jobs::cancel_job(&harness.cx("tessera_events").await, job).await.unwrap();
    assert_eq!(cancelled.status, Status::Cancelled);
    let _worker = harness.worker();
    harness
        .until("the collection is not moving", async || {
            (!indexes(&harness).await.is_moving).then_some(())
        })
        .await;
    assert_eq!(indexes(&harness).await.model, "all-MiniLM-L6-v2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_comes_meanwhile_ends_in_the_new_model() {
    let (harness, _worker) = filled().await;
    let job = reembed(&harness).await;
    harness
        .until("some chunks are made", async || (indexes(&harness).await.next > 0).then_some(()))
        .await;
    let mut documents = Vec::new();
    for n in 0..4 {
        documents.push(
            harness.upload(&format!("later-{n}.md"), format!("Later {n}.").as_bytes()).await.0,
        );
    }
    until_job(&harness, job, "succeeded").await;
    for document in documents {
        harness.until_status(document, "ready").await;
    }
    let after = indexes(&harness).await;
    assert_eq!((after.model.as_str(), after.next), (E5, 0));
    assert!(counts_fit(&harness).await, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_move_at_a_time_and_to_another_model_only() {
    let harness = Harness::new().await;
    let cx = harness.cx("tessera_workspace").await;
    let moved = async |model: &str| {
        knowledge::reembed_collection(&cx, harness.collection, model)
            .await
            .map(|_| ())
            .map_err(|p| p.code)
    };
    assert_eq!(moved("all-MiniLM-L6-v2").await, Err(Code::Conflict));
    assert_eq!(moved("unheard-of").await, Err(Code::InvalidBody));
    assert_eq!(moved(E5).await, Ok(()));
    assert_eq!(moved(E5).await, Err(Code::Conflict));
    let shown = knowledge::get_collection(&cx, harness.collection).await.unwrap();
    assert_eq!(shown.reembedding.unwrap().model, E5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_be_read_again_keeps_the_model() {
    let (harness, _worker) = filled().await;
    harness.change_all("update documents set blob_id = null where filename = 'short.md'").await;
    let job = reembed(&harness).await;
    until_job(&harness, job, "failed").await;
    assert_eq!(harness.job(job).await.error_code.as_deref(), Some("reembed_unreadable"));
    let after = indexes(&harness).await;
    assert_eq!((after.model.as_str(), after.is_moving), ("all-MiniLM-L6-v2", false));
}
