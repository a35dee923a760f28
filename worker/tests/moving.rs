//! Documents that are moved to another collection.

use kernel::id::{ChunkId, CollectionId, DocumentId, JobId, SpaceId};
use knowledge::{DocumentChange, GroupBy, Mode, Query, SearchRequest};
use sqlx::Row;
use uuid::Uuid;

use crate::harness::{Harness, Worker, prose};

const E5: &str = "multilingual-e5-small";

/// Two collections of one model in two spaces, and a worker.
struct Fixture {
    harness: Harness,
    other_space: SpaceId,
    other: CollectionId,
}

async fn fixture() -> (Fixture, Worker) {
    let harness = Harness::new().await;
    let worker = harness.worker();
    let person = &harness.person;
    let other_space = SpaceId(Uuid::now_v7());
    let sql = "with s as (insert into spaces (id, tenant_id, name, kind, created_by) values ($1, $2, 'Board', 'shared', $3))
        insert into space_members (tenant_id, space_id, user_id, role) values ($2, $1, $3, 'editor')";
    let insert = sqlx::query(sql).bind(other_space.0).bind(person.tenant.0).bind(person.user.0);
    insert.execute(&mut harness.database.superuser_in(person.tenant).await).await.unwrap();
    let cx = harness.cx("tessera_workspace").await;
    let other = knowledge::create_collection(&cx, other_space, "Archive", "").await.unwrap().id;
    (Fixture { harness, other_space, other }, worker)
}

/// How often lexemes occur in an index, without those that occur no more; with the lengths.
type Counts = Vec<(String, String, i64, i64)>;

impl Fixture {
    async fn ready(&self, collection: CollectionId, name: &str, bytes: &[u8]) -> DocumentId {
        let (document, _) = self.harness.upload_to(collection, name, bytes).await;
        self.harness.until_status(document, "ready").await;
        document
    }

    /// Moves as the component does; the job.
    async fn queue(&self, document: DocumentId, collection: CollectionId) -> JobId {
        let cx = self.harness.cx("tessera_workspace").await;
        let change = DocumentChange { collection: Some(collection), ..DocumentChange::default() };
        let moved = knowledge::update_document(&cx, document, change).await.unwrap();
        assert_eq!(moved.collection_id, collection);
        self.harness.wake().await;
        moved.job_id.unwrap()
    }

    async fn until_moved(&self, document: DocumentId, job: JobId) {
        self.harness
            .until("the move is done", async || {
                (self.harness.job(job).await.status == "succeeded").then_some(())
            })
            .await;
        assert_eq!(self.harness.document(document).await.status, "ready");
    }

    async fn counts(&self, collection: CollectionId) -> Counts {
        let sql = "select l.language, l.lexeme, l.chunks, l.length
              from collections c join collection_lexemes l on l.index_id = c.index_id
             where c.id = $1 and (l.chunks <> 0 or l.length <> 0) order by 1, 2";
        let mut db = self.harness.db.lock().await;
        sqlx::query_as(sql).bind(collection.0).fetch_all(&mut *db).await.unwrap()
    }

    /// The chunks of a document in the order of the document, and whether all are where its
    /// collection is: in its space, in its index, with the lexemes of that index and of no other.
    async fn chunks(&self, document: DocumentId) -> (Vec<ChunkId>, bool) {
        let sql = "select c.id, d.names @@ quote_literal('@' || d.collection_id)::tsquery
                          and cardinality(array(select l from unnest(tsvector_to_array(d.names)) l where starts_with(l, '@'))) = 2
                          and c.space_id = k.space_id and d.space_id = k.space_id and c.index_id = k.index_id
                          and array(select l from unnest(tsvector_to_array(c.tsv)) l where starts_with(l, '@') order by l)
                              = array(select l from unnest(array['@' || c.tenant_id, '@' || k.index_id]) l order by l) as is_home
              from documents d join collections k on k.id = d.collection_id join chunks c on c.document_id = d.id
             where d.id = $1 order by c.ordinal";
        let mut db = self.harness.db.lock().await;
        let rows = sqlx::query(sql).bind(document.0).fetch_all(&mut *db).await.unwrap();
        let is_home = rows.iter().all(|row| row.get("is_home"));
        (rows.iter().map(|row| ChunkId(row.get("id"))).collect(), is_home)
    }

    /// How many documents a search of a collection finds.
    async fn found(&self, collection: CollectionId, query: &str) -> i64 {
        let cx = self.harness.cx("tessera_search").await;
        let request = SearchRequest {
            query: Query::parse(query).unwrap(),
            collection_ids: vec![collection],
            space_id: None,
            limit: 10,
            mode: Mode::Text,
            group_by: GroupBy::Document,
        };
        knowledge::search(&cx, &request, async |_| Ok(Vec::new())).await.unwrap().total
    }

    async fn change(&self, sql: &'static str, id: Uuid) {
        let mut db = self.harness.database.superuser_in(self.harness.person.tenant).await;
        assert!(sqlx::query(sql).bind(id).execute(&mut db).await.unwrap().rows_affected() > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_document_is_as_if_it_had_been_uploaded_there() {
    let (fixture, _worker) = fixture().await;
    let source = fixture.harness.collection;
    let document = fixture.ready(source, "report.md", &prose(60)).await;
    let (chunks, _) = fixture.chunks(document).await;
    let fresh = fixture.counts(source).await;
    fixture.ready(source, "stays.md", b"Beekeepers meet on Mondays.").await;
    let staying = fixture.counts(source).await.len();
    assert_eq!(fixture.found(source, "treasurer").await, 1);

    let job = fixture.queue(document, fixture.other).await;
    fixture.until_moved(document, job).await;
    assert_eq!(fixture.chunks(document).await, (chunks, true), "citations name the same chunks");
    assert_eq!(fixture.counts(fixture.other).await, fresh);
    let left = fixture.counts(source).await;
    assert!(left.len() < staying && left.iter().any(|(.., chunks, _)| *chunks == 1), "{left:?}");
    for query in ["treasurer", "report"] {
        assert_eq!(fixture.found(fixture.other, query).await, 1, "{query}");
        assert_eq!(fixture.found(source, query).await, 0, "{query}");
    }
    assert_eq!(fixture.harness.misplaced(document).await, 0);

    let job = fixture.queue(document, source).await;
    fixture.until_moved(document, job).await;
    assert_eq!(fixture.counts(fixture.other).await, []);
    assert_eq!(fixture.counts(source).await.len(), staying);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_both_spaces_see_that_a_document_moves() {
    let (fixture, _worker) = fixture().await;
    let document = fixture.ready(fixture.harness.collection, "note.md", b"One note.").await;
    let job = fixture.queue(document, fixture.other).await;
    fixture.until_moved(document, job).await;
    let is_reported = async || {
        let events = fixture.harness.events().await;
        let is_moved = |e: &&serde_json::Value| {
            e["type"] == "document" && e["collection_id"] == fixture.other.to_string().as_str()
        };
        let moved: Vec<_> = events.into_iter().filter(|e| is_moved(&e)).collect();
        moved.iter().any(|e| e["status"] == "ready").then_some(moved)
    };
    let events = fixture.harness.until("the event of the end", is_reported).await;
    let spaces = [fixture.harness.person.space, fixture.other_space];
    for space in spaces {
        let space = space.to_string();
        assert!(events.iter().any(|e| e["space_id"] == space.as_str()), "{space}: {events:?}");
    }
    let jobs = "select count(*) from jobs j join documents d on d.id = j.document_id where j.space_id <> d.space_id";
    let elsewhere: i64 =
        sqlx::query_scalar(jobs).fetch_one(&mut *fixture.harness.db.lock().await).await.unwrap();
    assert_eq!(elsewhere, 0, "its older jobs are in its space");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_read_again_for_a_collection_of_another_model() {
    let (fixture, _worker) = fixture().await;
    fixture
        .change(
            "update collections set embedding_model = 'multilingual-e5-small' where id = $1",
            fixture.other.0,
        )
        .await;
    let document = fixture.ready(fixture.harness.collection, "report.md", &prose(10)).await;
    let (before, _) = fixture.chunks(document).await;
    let job = fixture.queue(document, fixture.other).await;
    fixture.until_moved(document, job).await;
    let (after, is_home) = fixture.chunks(document).await;
    assert!(is_home && !after.is_empty() && after.iter().all(|id| !before.contains(id)), "{E5}");
    assert_eq!(fixture.counts(fixture.harness.collection).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_read_again_if_its_collection_has_another_index_by_then() {
    let (fixture, worker) = fixture().await;
    let document = fixture.ready(fixture.harness.collection, "report.md", &prose(10)).await;
    worker.kill();
    let job = fixture.queue(document, fixture.other).await;
    fixture
        .change(
            "update collections set index_id = gen_random_uuid() where id = $1",
            fixture.other.0,
        )
        .await;
    let _worker = fixture.harness.worker();
    fixture.until_moved(document, job).await;
    let (chunks, is_home) = fixture.chunks(document).await;
    assert!(is_home && !chunks.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_a_worker_left_half_done_is_completed() {
    let (fixture, worker) = fixture().await;
    let source = fixture.harness.collection;
    let document = fixture.ready(source, "report.md", &prose(60)).await;
    let (chunks, _) = fixture.chunks(document).await;
    let fresh = fixture.counts(source).await;
    worker.kill();
    let job = fixture.queue(document, fixture.other).await;
    let half = "update chunks c
          set index_id = k.index_id, space_id = k.space_id, tsv = ts_delete(c.tsv, '@' || c.index_id) || array_to_tsvector(array['@' || k.index_id])
         from documents d join collections k on k.id = d.collection_id
        where d.id = $1 and c.document_id = d.id and c.ordinal % 2 = 0";
    fixture.change(half, document.0).await;
    let _worker = fixture.harness.worker();
    fixture.until_moved(document, job).await;
    assert_eq!(fixture.chunks(document).await, (chunks, true));
    assert_eq!(
        (fixture.counts(fixture.other).await, fixture.counts(source).await),
        (fresh, vec![])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_of_a_deleted_collection_do_not_come_back() {
    let (fixture, worker) = fixture().await;
    let source = fixture.harness.collection;
    let document = fixture.ready(source, "report.md", &prose(10)).await;
    worker.kill();
    let job = fixture.queue(document, fixture.other).await;
    let cx = fixture.harness.cx("tessera_workspace").await;
    knowledge::delete_collection(&cx, source).await.unwrap();
    let _worker = fixture.harness.worker();
    fixture.until_moved(document, job).await;
    let lost = "select count(*) from collection_lexemes l where not exists (select from collections c where c.index_id = l.index_id)";
    let lost: i64 =
        sqlx::query_scalar(lost).fetch_one(&mut *fixture.harness.db.lock().await).await.unwrap();
    assert_eq!(lost, 0);
}
