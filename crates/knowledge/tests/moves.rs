//! The chunks of a document that moves, as the worker moves them.

use kernel::{
    Code,
    id::{CollectionId, DocumentId, JobId, SpaceId},
};
use knowledge::{
    ChunkTransfer, DocumentChange, FormerCollection, IngestDocument, document_move,
    ingest::{self, Work},
};
use platform::{Actor, Cx};
use queue::Failure;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::shelf::Shelf;

const TEXTS: [&str; 3] =
    ["The treasurer keeps the budget.", "The budget of the garden.", "Beekeepers meet."];

/// A document of three chunks beside one that stays, and another collection.
async fn fixture() -> (Shelf, DocumentId, CollectionId) {
    let shelf = Shelf::of("english", &[TEXTS[0], TEXTS[1], TEXTS[2], "The budget stays."]).await;
    let mut db = shelf.database.superuser_in(shelf.person.tenant).await;
    // Three of the four documents become one.
    let one = "with one as (
          update chunks c set document_id = o.id, ordinal = o.n
            from (select d.id as document_id, row_number() over (order by d.id)::int - 1 as n,
                         first_value(d.id) over (order by d.id) as id from documents d) o
           where c.document_id = o.document_id and o.n < 3
          returning o.id
        )
        update documents d set chunk_count = 3 from one where d.id = one.id returning d.id";
    let document: Uuid = sqlx::query_scalar(one).fetch_one(&mut db).await.unwrap();
    sqlx::query("delete from documents where not exists (select from chunks c where c.document_id = documents.id)")
        .execute(&mut db)
        .await
        .unwrap();
    let cx = shelf.database.cx(&shelf.person, "tessera_workspace").await;
    let other = knowledge::create_collection(&cx, shelf.person.space, "Other", "").await.unwrap();
    (shelf, DocumentId(document), other.id)
}

/// Moves the document as the component does, and leases its job.
async fn queue(shelf: &Shelf, document: DocumentId, to: CollectionId) -> (Work, ChunkTransfer) {
    let cx = shelf.database.cx(&shelf.person, "tessera_workspace").await;
    let change = DocumentChange { collection: Some(to), ..DocumentChange::default() };
    let job: JobId =
        knowledge::update_document(&cx, document, change).await.unwrap().job_id.unwrap();
    let worker = Uuid::now_v7();
    let lease = "update jobs set status = 'running', leased_by = $2, attempts = 1, lease_until = now() + interval '1 hour'
        where id = $1 returning payload::text";
    let mut db = shelf.database.superuser_in(shelf.person.tenant).await;
    let payload: String =
        sqlx::query_scalar(lease).bind(job.0).bind(worker).fetch_one(&mut db).await.unwrap();
    let payload: IngestDocument = serde_json::from_str(&payload).unwrap();
    let Some(FormerCollection { chunks: Some(transfer), .. }) = payload.former else {
        panic!("the chunks are to be moved: {payload:?}");
    };
    (Work { document, fence: [job.into(), worker.into(), 1_i32.into()] }, transfer)
}

async fn worker(shelf: &Shelf) -> Cx {
    let source = shelf.database.source("tessera_worker").await;
    Cx::new(source, Some(shelf.person.tenant), Actor::Worker, "test".to_owned())
}

/// Whether the document is ready afterwards.
async fn finish(cx: &Cx, work: &Work, transfer: &ChunkTransfer) -> bool {
    let mut tx = cx.db.begin().await.unwrap();
    ingest::hold(&mut tx, work.document).await.unwrap();
    let state = document_move::finish(&mut tx, work.document, transfer).await.unwrap();
    tx.commit().await.unwrap();
    state.is_some_and(|state| state.status == "ready")
}

/// What is counted of a collection, as text, and what its chunks would count to.
async fn counts(shelf: &Shelf, collection: CollectionId) -> [Vec<String>; 2] {
    let counted = "select format('%s %s %s %s', l.language, l.lexeme, l.chunks, l.length) from collections c
        join collection_lexemes l on l.index_id = c.index_id where c.id = $1 and (l.chunks <> 0 or l.length <> 0) order by 1";
    let expected = "with mine as (select k.* from collections c join chunks k on k.index_id = c.index_id where c.id = $1)
        select format('%s %s %s 0', language, w, count(*)) from mine, unnest(tsvector_to_array(tsv)) w
         where not starts_with(w, '@') group by language, w
        union all select format('%s  %s %s', language, count(*), sum(token_count)) from mine group by language order by 1";
    let mut db = shelf.database.superuser_in(shelf.person.tenant).await;
    let mut found = [Vec::new(), Vec::new()];
    for (found, sql) in found.iter_mut().zip([counted, expected]) {
        *found = sqlx::query_scalar(sql).bind(collection.0).fetch_all(&mut db).await.unwrap();
    }
    found
}

#[tokio::test]
async fn chunks_are_found_and_counted_where_the_document_is() {
    let (shelf, document, other) = fixture().await;
    assert_eq!(shelf.found("budget").await.len(), 3);
    let (work, transfer) = queue(&shelf, document, other).await;
    assert_eq!(shelf.found("budget").await, ["The budget stays."], "it is hidden meanwhile");
    let cx = worker(&shelf).await;
    let mut moved = Vec::new();
    for _ in 0..3 {
        moved.push(document_move::move_chunks(&cx, &work, &transfer, 2).await.unwrap());
        for collection in [shelf.collection, other] {
            let [counted, expected] = counts(&shelf, collection).await;
            assert_eq!(counted, expected, "after {moved:?}");
        }
    }
    assert_eq!(moved, [2, 1, 0]);
    assert!(finish(&cx, &work, &transfer).await);
    assert_eq!(shelf.found("budget").await, ["The budget stays."]);
    let there = shelf.at(other);
    assert_eq!(there.found("budget").await.len(), 2);
    assert_eq!(there.found("beekeepers").await, [TEXTS[2]]);
}

#[tokio::test]
async fn a_document_without_all_its_chunks_is_not_ready() {
    let (shelf, document, other) = fixture().await;
    let (work, transfer) = queue(&shelf, document, other).await;
    let cx = worker(&shelf).await;
    assert_eq!(document_move::move_chunks(&cx, &work, &transfer, 2).await.unwrap(), 2);
    assert!(!finish(&cx, &work, &transfer).await);
    let mut db = shelf.database.superuser_in(shelf.person.tenant).await;
    sqlx::query("update collections set index_id = gen_random_uuid() where id = $1")
        .bind(other.0)
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(document_move::move_chunks(&cx, &work, &transfer, 2).await.unwrap(), 0);
    assert!(!finish(&cx, &work, &transfer).await, "the index is another one");
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_moves_no_chunk() {
    let (shelf, document, other) = fixture().await;
    let (mut work, transfer) = queue(&shelf, document, other).await;
    let [job, _, attempt] = work.fence.clone();
    work.fence = [job, Uuid::now_v7().into(), attempt];
    let cx = worker(&shelf).await;
    assert_eq!(document_move::move_chunks(&cx, &work, &transfer, 2).await.unwrap(), 0);
}

#[tokio::test]
async fn counts_of_a_collection_that_was_deleted_meanwhile_do_not_come_back() {
    let (shelf, document, other) = fixture().await;
    let (work, transfer) = queue(&shelf, document, other).await;
    let cx = shelf.database.cx(&shelf.person, "tessera_workspace").await;
    knowledge::delete_collection(&cx, shelf.collection).await.unwrap();
    let cx = worker(&shelf).await;
    assert_eq!(document_move::move_chunks(&cx, &work, &transfer, 10).await.unwrap(), 3);
    assert!(finish(&cx, &work, &transfer).await);
    let mut db = shelf.database.superuser_in(shelf.person.tenant).await;
    let lost = "select count(*) from collection_lexemes l where not exists (select from collections c where c.index_id = l.index_id)";
    let lost: i64 = sqlx::query_scalar(lost).fetch_one(&mut db).await.unwrap();
    assert_eq!(lost, 0);
}

#[tokio::test]
async fn a_title_that_is_given_while_the_document_moves_away_is_refused() {
    let (shelf, document, _) = fixture().await;
    let (tenant, user, space) = (shelf.person.tenant, shelf.person.user, Uuid::now_v7());
    let mut db = shelf.database.superuser_in(tenant).await;
    let sql = "with s as (insert into spaces (id, tenant_id, name, kind, created_by) values ($1, $2, 'Board', 'shared', $3))
        insert into space_members (tenant_id, space_id, user_id, role) values ($2, $1, $3, 'editor')";
    let made = sqlx::query(sql).bind(space).bind(tenant.0).bind(user.0);
    made.execute(&mut db).await.unwrap();
    let cx = shelf.database.cx(&shelf.person, "tessera_workspace").await;
    let away = knowledge::create_collection(&cx, SpaceId(space), "Away", "").await.unwrap().id;
    let mut moving = db.begin().await.unwrap();
    sqlx::query("update documents set space_id = $2, collection_id = $3 where id = $1")
        .bind(document.0)
        .bind(space)
        .bind(away.0)
        .execute(&mut *moving)
        .await
        .unwrap();
    let change = DocumentChange { title: Some("Budget"), ..DocumentChange::default() };
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let mut other = shelf.database.superuser().await;
    let commit = async {
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut other).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        moving.commit().await.unwrap();
    };
    let (changed, ()) = tokio::join!(knowledge::update_document(&cx, document, change), commit);
    assert_eq!(changed.unwrap_err().code, Code::Conflict);
}

#[tokio::test]
async fn a_document_that_has_failed_counts_no_chunks() {
    let (shelf, document, _) = fixture().await;
    let cx = worker(&shelf).await;
    let failure =
        Failure { code: "broken_file".to_owned(), detail: "it is cut".to_owned(), hint: None };
    let mut tx = cx.db.begin().await.unwrap();
    ingest::fail(&mut tx, document, &failure).await.unwrap();
    tx.commit().await.unwrap();
    let sql = "select page_count, chunk_count from documents where id = $1";
    let mut db = shelf.database.superuser_in(shelf.person.tenant).await;
    let counts: (Option<i32>, i32) =
        sqlx::query_as(sql).bind(document.0).fetch_one(&mut db).await.unwrap();
    assert_eq!(counts, (None, 0));
}
