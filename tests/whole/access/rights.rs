//! Rights are checked again while a long request runs, and by the statement that completes it.

use std::time::Duration;

use futures::{Stream, StreamExt, future::join};
use http::Method;
use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::Person;
use tests::{
    client::{Client, Response},
    provider::Script,
    stack::Stack,
};
use tokio::sync::mpsc::{self, UnboundedSender};

use crate::fixture::join as join_space;

/// How access ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Removed,
    Demoted,
    Deactivated,
    SignedOut,
    Suspended,
}

impl Ending {
    const ALL: [Self; 5] =
        [Self::Removed, Self::Demoted, Self::Deactivated, Self::SignedOut, Self::Suspended];

    /// Ends the member's access directly in the database.
    pub(super) async fn happen(self, member: &Person, space: &str) {
        let sql = match self {
            Self::Removed => {
                "delete from space_members where user_id = $1 and space_id = $2::uuid and $3::uuid is not null"
            }
            Self::Demoted => {
                "update space_members set role = 'viewer' where user_id = $1 and space_id = $2::uuid and $3::uuid is not null"
            }
            Self::Deactivated => {
                "update users set state = 'inactive' where id = $1 and $2::uuid is not null and $3::uuid is not null"
            }
            Self::SignedOut => {
                "update sessions set revoked_at = now() where user_id = $1 and $2::uuid is not null and $3::uuid is not null"
            }
            Self::Suspended => {
                "update tenants set state = 'suspended' where id = $3 and $1::uuid is not null and $2::uuid is not null"
            }
        };
        let mut db = Stack::shared().database.superuser().await;
        let done = sqlx::query(sql)
            .bind(member.user.0)
            .bind(space.parse::<uuid::Uuid>().unwrap())
            .bind(member.tenant.0)
            .execute(&mut db)
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "{self:?} changed nothing");
    }
}

/// An owner with a space and a collection, and a member of the space.
pub(super) struct Fixture {
    pub(super) owner: Client,
    person: Person,
    pub(super) member: Client,
    pub(super) member_person: Person,
    pub(super) space: String,
    collection: String,
}

pub(super) async fn fixture(role: &str) -> Fixture {
    let stack = Stack::shared();
    let (owner, person) = stack.person("owner").await;
    let (space, collection) = owner.collection("Shelf").await;
    let member_person = stack.database.colleague(person.tenant, "member", "user").await;
    join_space(&person, &member_person, &space, role).await;
    let member = stack.sign_in(&member_person).await;
    Fixture { owner, person, member, member_person, space, collection }
}

/// A body that the test sends frame by frame.
fn body() -> (UnboundedSender<Vec<u8>>, reqwest::Body) {
    let (sender, receiver) = mpsc::unbounded_channel::<Vec<u8>>();
    let pieces = futures::stream::unfold(receiver, |mut r| async move {
        r.recv().await.map(|p| (Ok::<_, std::io::Error>(p), r))
    });
    (sender, reqwest::Body::wrap_stream(pieces))
}

/// Repeats the query until it returns true.
async fn until(db: &mut PgConnection, sql: &'static str, person: &Person) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_500 {
        let is_so: bool =
            sqlx::query_scalar(sql).bind(person.tenant.0).fetch_one(&mut *db).await.unwrap();
        if is_so {
            return;
        }
        ticks.tick().await;
    }
    panic!("within 30 s it did not become true: {sql}");
}

const UPLOADING: &str =
    "select exists (select from documents where tenant_id = $1 and status = 'uploading')";

async fn documents_and_blobs(db: &mut PgConnection, person: &Person) -> (i64, i64) {
    let sql = "select (select count(*) from documents where tenant_id = $1), (select count(*) from blobs where tenant_id = $1)";
    sqlx::query_as(sql).bind(person.tenant.0).fetch_one(db).await.unwrap()
}

async fn upload_that_outlives(ending: Ending, waits: bool) -> (Response, (i64, i64)) {
    let fixture = fixture("editor").await;
    let mut db = Stack::shared().database.superuser().await;
    let (sender, body) = body();
    let sending = fixture.member.upload(&fixture.collection, "late.md", body);
    let ending_it = async {
        // The host forwards a body after its first 64 KiB.
        sender.send(b"# Late\n".repeat(10_000)).unwrap();
        until(&mut db, UPLOADING, &fixture.person).await;
        ending.happen(&fixture.member_person, &fixture.space).await;
        if !waits {
            sender.send(b"And published all the same.\n".to_vec()).unwrap();
            drop(sender);
            return;
        }
        // Nothing more is sent: the upload must end by itself.
        sender.closed().await;
    };
    let both = join(sending, ending_it);
    let (answer, ()) =
        tokio::time::timeout(Duration::from_secs(60), both).await.expect("the upload goes on");
    (answer, documents_and_blobs(&mut db, &fixture.person).await)
}

#[tokio::test]
async fn an_upload_that_completes_after_its_right_ended_stores_nothing() {
    for ending in Ending::ALL {
        let (answer, left) = upload_that_outlives(ending, false).await;
        assert!(
            matches!(answer.status, 401 | 403 | 404 | 409),
            "{ending:?}: {} {:#}",
            answer.status,
            answer.body
        );
        assert_eq!(left, (0, 0), "{ending:?}");
    }
}

#[tokio::test]
async fn a_stalled_upload_ends_when_its_right_does() {
    for (ending, status) in
        [(Ending::Removed, 404), (Ending::Demoted, 403), (Ending::Deactivated, 401)]
    {
        let (answer, left) = upload_that_outlives(ending, true).await;
        assert_eq!((answer.status, left), (status, (0, 0)), "{ending:?}: {:#}", answer.body);
    }
}

/// Waits until another event stream was checked so often: every four seconds.
pub(super) async fn looks(client: &Client, times: usize) {
    let response = client.request(Method::GET, "/api/v1/events").send().await.unwrap();
    let mut pieces = response.bytes_stream();
    let mut seen = 0;
    while seen < times {
        let piece = pieces.next().await.unwrap().unwrap();
        seen += String::from_utf8_lossy(&piece).matches(": ping").count();
    }
}

/// Reads to the end; returns the number of bytes.
pub(super) async fn read(
    pieces: &mut (impl Stream<Item = reqwest::Result<bytes::Bytes>> + Unpin),
) -> usize {
    let mut size = 0;
    while let Some(Ok(piece)) = pieces.next().await {
        size += piece.len();
    }
    size
}

#[tokio::test]
async fn a_download_stops_when_access_ends() {
    // More than all buffers on the way hold.
    const SIZE: usize = 48 << 20;
    for ending in [None, Some(Ending::Removed), Some(Ending::Deactivated)] {
        let fixture = fixture("viewer").await;
        let accepted = fixture
            .owner
            .upload(&fixture.collection, "large.bin", vec![0_u8; SIZE])
            .await
            .expect(202);
        let path =
            format!("/api/v1/documents/{}/content", accepted["document"]["id"].as_str().unwrap());
        let response = fixture.member.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut pieces = Box::pin(response.bytes_stream());
        let first = pieces.next().await.unwrap().unwrap().len();
        if let Some(ending) = ending {
            ending.happen(&fixture.member_person, &fixture.space).await;
        }
        looks(&fixture.owner, 3).await;
        let came = first + read(&mut pieces).await;
        assert_eq!(came == SIZE, ending.is_none(), "{ending:?}: {came} bytes came");
    }
}

/// An assistant of the fixture's space, and a conversation of the member with it.
pub(super) async fn conversation(fixture: &Fixture) -> String {
    let assistant = json!({ "space_id": fixture.space, "name": "Secretary", "collection_ids": [fixture.collection] });
    let assistant = fixture.owner.create("/api/v1/assistants", &assistant).await;
    fixture.member.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await
}

#[tokio::test]
async fn an_answer_without_streaming_ends_with_access_and_writes_no_more() {
    let running =
        "select exists (select from messages where tenant_id = $1 and status = 'streaming')";
    let failed = "select exists (select from messages where tenant_id = $1 and status = 'failed' and content = 'Half. ')";
    for (ending, status) in [
        (Ending::Removed, 200),
        (Ending::Deactivated, 401),
        (Ending::SignedOut, 401),
        (Ending::Suspended, 401),
    ] {
        let fixture = fixture("viewer").await;
        let path = format!("/api/v1/conversations/{}/messages", conversation(&fixture).await);
        let question = format!("who waits until {ending:?}");
        let (pieces, script) = mpsc::unbounded_channel();
        Stack::shared().provider.on(&question, Script::Live(script));
        let mut db = Stack::shared().database.superuser().await;
        let ask = json!({ "content": question });
        let asking = fixture.member.post(&path, &ask);
        let ending_it = async {
            until(&mut db, running, &fixture.person).await;
            pieces.send("Half. ".to_owned()).unwrap();
            ending.happen(&fixture.member_person, &fixture.space).await;
            // The model call ends too.
            pieces.closed().await;
            until(&mut db, failed, &fixture.person).await;
        };
        let both = join(asking, ending_it);
        let (answer, ()) =
            tokio::time::timeout(Duration::from_secs(60), both).await.expect("the answer goes on");
        if ending == Ending::Removed {
            // The text up to the loss of access stays theirs; the sources do not.
            let answer = answer.expect(200);
            assert_eq!(
                (&answer["status"], &answer["content"]),
                (&json!("failed"), &json!("Half. ")),
                "{ending:?}"
            );
        } else {
            assert_eq!(answer.status, status, "{ending:?}: {:#}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_repeated_request_gets_its_response_only_while_the_right_lasts() {
    let fixture = fixture("editor").await;
    let create = async |body: &Value| {
        let request = fixture
            .member
            .request(Method::POST, "/api/v1/collections")
            .header("idempotency-key", "again");
        fixture.member.send(request.json(body)).await
    };
    let body = json!({ "space_id": fixture.space, "name": "Once" });
    let first = create(&body).await.expect(201);
    assert_eq!(create(&body).await.expect(201), first);
    Ending::Demoted.happen(&fixture.member_person, &fixture.space).await;
    assert_eq!(create(&body).await.problem(403), "not_allowed");
    Ending::Removed.happen(&fixture.member_person, &fixture.space).await;
    assert_eq!(create(&body).await.problem(404), "not_found");
}

/// Uploads with an idempotency key.
async fn upload_once(
    client: &Client,
    collection: &str,
    name: &str,
    bytes: &'static [u8],
    form: bool,
) -> Response {
    let path = format!("/api/v1/collections/{collection}/documents");
    let request = client.request(Method::POST, &path).header("idempotency-key", "the same");
    let request = if form {
        let head = format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat();
        request.header("content-type", "multipart/form-data; boundary=b").body(body)
    } else {
        request
            .query(&[("filename", name)])
            .header("content-type", "application/octet-stream")
            .body(bytes)
    };
    client.send(request).await
}

#[tokio::test]
async fn the_same_key_with_another_file_of_equal_length_is_refused() {
    for form in [false, true] {
        let fixture = fixture("editor").await;
        let upload = async |name: &str, bytes: &'static [u8]| {
            upload_once(&fixture.member, &fixture.collection, name, bytes, form).await
        };
        let first = upload("a.md", b"# One text").await.expect(202);
        assert_eq!(upload("a.md", b"# One text").await.expect(202), first, "form: {form}");
        for (name, other) in [
            ("a.md", &b"# Two text"[..]),
            ("a.md", b"# One text and more"),
            ("b.md", b"# One text"),
        ] {
            assert_eq!(
                upload(name, other).await.problem(409),
                "idempotency_mismatch",
                "form: {form}, {name}"
            );
        }
        let documents = fixture.owner.get("/api/v1/documents").await.expect(200);
        assert_eq!(documents["total"], 1, "form: {form}");
        Ending::Removed.happen(&fixture.member_person, &fixture.space).await;
        assert_eq!(upload("a.md", b"# One text").await.problem(404), "not_found");
    }
}
