//! The storage quota of an organisation: no upload exceeds it, and broken uploads are not stored.

use futures::{future::join_all, stream};
use kernel::Code;
use knowledge::{TargetCollection, Upload, UploadName};
use sqlx::PgConnection;
use testkit::{Database, Person};
use tests::stack::Stack;

const MIB: usize = 1 << 20;

async fn allow(db: &mut PgConnection, person: &Person, bytes: usize) {
    let sql = "update tenants set storage_quota_bytes = $2 where id = $1";
    sqlx::query(sql)
        .bind(person.tenant.0)
        .bind(i64::try_from(bytes).unwrap())
        .execute(db)
        .await
        .unwrap();
}

/// Stored bytes, and bytes that count against the quota.
async fn stored(db: &mut PgConnection, person: &Person) -> (usize, usize) {
    let sql = "select (select coalesce(sum(length(c.bytes)), 0) from blob_chunks c where c.tenant_id = $1)::int8,
                      (select coalesce(sum(b.size_bytes), 0) from blobs b where b.tenant_id = $1)::int8";
    let (bytes, size): (i64, i64) =
        sqlx::query_as(sql).bind(person.tenant.0).fetch_one(db).await.unwrap();
    (usize::try_from(bytes).unwrap(), usize::try_from(size).unwrap())
}

#[tokio::test]
async fn concurrent_uploads_are_stored_as_far_as_the_quota_allows() {
    let stack = Stack::shared();
    let mut db = stack.database.superuser().await;
    // A file announces its length or not. Without an announcement it has the length of one part,
    // because several longer ones might each get a part of the quota.
    for (size, announced) in [(3 * MIB, true), (MIB / 2, false)] {
        let (client, person) = stack.person("hasty").await;
        let (_, collection) = client.collection("Full").await;
        allow(&mut db, &person, 2 * size + size / 2).await;
        let uploads = (0..16).map(async |n| {
            // Not a format that the worker would read.
            let bytes = vec![0_u8; size];
            let body = if announced {
                reqwest::Body::from(bytes)
            } else {
                reqwest::Body::wrap_stream(stream::iter([Ok::<_, std::io::Error>(bytes)]))
            };
            client.upload(&collection, &format!("{n}.bin"), body).await
        });
        let (taken, refused): (Vec<_>, Vec<_>) =
            join_all(uploads).await.into_iter().partition(|answer| answer.status == 202);
        assert_eq!((taken.len(), refused.len()), (2, 14), "announced: {announced}");
        for answer in refused {
            assert_eq!(answer.problem(413), "quota_exceeded");
        }
        assert_eq!(stored(&mut db, &person).await, (2 * size, 2 * size), "announced: {announced}");
        let documents =
            client.get(&format!("/api/v1/documents?collection_id={collection}")).await.expect(200);
        assert_eq!(documents["total"], 2, "nothing is left of those that were refused");
    }
}

#[tokio::test]
async fn a_file_of_unknown_length_is_cut_at_the_quota_and_leaves_nothing() {
    let stack = Stack::shared();
    let mut db = stack.database.superuser().await;
    let (client, person) = stack.person("long").await;
    let (_, collection) = client.collection("Small").await;
    allow(&mut db, &person, 2 * MIB + MIB / 2).await;
    let pieces = (0..3).map(|_| Ok::<_, std::io::Error>(vec![0_u8; MIB]));
    let body = reqwest::Body::wrap_stream(stream::iter(pieces));
    assert_eq!(client.upload(&collection, "long.bin", body).await.problem(413), "quota_exceeded");
    assert_eq!(stored(&mut db, &person).await, (0, 0));
    client.upload(&collection, "fits.bin", vec![0_u8; 2 * MIB + MIB / 2]).await.expect(202);
}

#[tokio::test]
async fn a_broken_upload_counts_until_it_is_settled_and_removed() {
    // Without a worker, which would settle it too.
    let database = Database::fresh().await;
    let person = database.person("ada").await;
    let mut db = database.superuser().await;
    let editor = database.cx(&person, "tessera_workspace").await;
    let collection =
        knowledge::create_collection(&editor, person.space, "Shelf", "").await.unwrap().id;
    let cx = database.cx(&person, "tessera_upload").await;
    let worker = database.cx(&person, "tessera_worker").await;
    let place = TargetCollection::find(&cx, collection).await.unwrap();
    let name = UploadName::parse("half.txt").unwrap();
    let mut upload = Upload::begin(&cx, &place, &name, 100 << 20).await.unwrap();
    upload.write(&vec![b'a'; 3 * MIB]).await.unwrap();
    // From here on the upload is silent.
    let (bytes, size) = stored(&mut db, &person).await;
    assert!(bytes == 3 * MIB && size >= bytes, "{size} of {bytes}");
    allow(&mut db, &person, 3 * MIB).await;
    assert_eq!(
        TargetCollection::find(&cx, collection).await.err().map(|problem| problem.code),
        Some(Code::QuotaExceeded)
    );
    assert!(knowledge::ingest::reconcile(&worker).await.unwrap().is_empty(), "it may go on still");

    sqlx::query("set session_replication_role = replica").execute(&mut db).await.unwrap();
    let an_hour_later = "update documents set updated_at = now() - interval '61 minutes'";
    sqlx::query(an_hour_later).execute(&mut db).await.unwrap();
    let settled = knowledge::ingest::reconcile(&worker).await.unwrap();
    let failures: Vec<_> =
        settled.into_iter().map(|s| (s.status, s.failure.unwrap().code)).collect();
    assert_eq!(failures, [("failed".to_owned(), "upload_broken_off".to_owned())]);
    assert_eq!(stored(&mut db, &person).await, (0, 0));
    let blobs = "select (select count(*) from blobs), (select count(*) from documents where blob_id is not null)";
    let left: (i64, i64) = sqlx::query_as(blobs).fetch_one(&mut db).await.unwrap();
    assert_eq!(left, (0, 0));
    assert!(knowledge::ingest::reconcile(&worker).await.unwrap().is_empty(), "once is enough");

    let late = upload.write(&vec![b'a'; MIB]).await.unwrap_err();
    assert_eq!(late.code, Code::Conflict, "a late write is refused");
    assert_eq!(stored(&mut db, &person).await, (0, 0));
}
