//! Bodies that would fill the memory of an instance that tenants share, and uploads that would fill
//! a tenant's storage.

use std::time::Duration;

use futures::{StreamExt, future::join_all, stream};
use http::Method;
use serde_json::json;
use testkit::Person;
use tests::{client::Client, stack::Stack};
use tokio::sync::mpsc;

const MIB: usize = 1 << 20;

/// As many copies of `piece` as make so many bytes.
fn endless(head: &str, piece: &str, bytes: usize) -> reqwest::Body {
    let piece = piece.repeat(65_536 / piece.len());
    let count = bytes / piece.len();
    let pieces = std::iter::once(head.to_owned()).chain(std::iter::repeat_n(piece, count));
    reqwest::Body::wrap_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)))
}

#[tokio::test]
async fn endless_forms_are_refused_and_uploads_in_the_same_instance_succeed() {
    let stack = Stack::shared();
    let (neighbour, _) = stack.person("neighbour").await;
    let (_, theirs) = neighbour.collection("Quiet").await;
    let (attacker, _) = stack.person("attacker").await;
    let (_, collection) = attacker.collection("Loud").await;
    let path = format!("/api/v1/collections/{collection}/documents");
    let field = "--x\r\ncontent-disposition: form-data; name=\"other\"\r\n\r\n";
    let file =
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\nx\r\n";
    let behind = format!("{file}{field}");
    let attacks = [
        ("", "no boundary "),
        ("--x\r\n", "a: header-without-end"),
        ("--x\r\n", "a: header\r\n"),
        (field, "a field that nobody asked for "),
        ("", "--x\r\n\r\n\r\n"),
        ("--x", "                "),
        (behind.as_str(), "behind the file "),
    ];
    // They begin one after the other, and all are running while the forms arrive.
    let (senders, uploads): (Vec<_>, Vec<_>) = (0..3)
        .map(|n| {
            let (sender, receiver) = mpsc::unbounded_channel::<Vec<u8>>();
            let pieces = stream::unfold(receiver, |mut r| async move {
                r.recv().await.map(|p| (Ok::<_, std::io::Error>(p), r))
            });
            sender.send(vec![b'a'; MIB]).unwrap();
            let (client, theirs) = (neighbour.clone(), theirs.clone());
            let upload = async move {
                client
                    .upload(&theirs, &format!("{n}.bin"), reqwest::Body::wrap_stream(pieces))
                    .await
            };
            (sender, tokio::spawn(upload))
        })
        .unzip();
    for (head, piece) in attacks {
        let request = attacker
            .request(Method::POST, &path)
            .header("content-type", "multipart/form-data; boundary=x");
        // The connection of a client that is refused early may end before it has read the response.
        match request.body(endless(head, piece, 127 * MIB)).send().await {
            Ok(answer) => assert_eq!(answer.status(), 400, "{head:?} {piece:?}"),
            Err(error) => assert!(error.is_request() || error.is_body(), "{piece:?}: {error:?}"),
        }
    }
    for sender in senders {
        sender.send(vec![b'b'; MIB]).unwrap();
    }
    for upload in uploads {
        upload.await.unwrap().expect(202);
    }
    let kept = attacker.get("/api/v1/documents").await.expect(200);
    assert_eq!(kept["total"], 0, "{kept:#}");
}

#[tokio::test]
async fn a_json_body_of_one_mebibyte_is_read_and_one_byte_more_is_refused() {
    let stack = Stack::shared();
    let (client, _) = stack.person("wordy").await;
    for (path, around) in
        [("/api/v1/spaces", r#"{"name":""}"#), ("/api/v1/search", r#"{"query":""}"#)]
    {
        for (length, status) in [(MIB, 400), (MIB + 1, 413)] {
            let (head, tail) = around.split_at(around.len() - 2);
            let body = format!("{head}{}{tail}", "x".repeat(length - around.len()));
            let request = client
                .request(Method::POST, path)
                .header("content-type", "application/json")
                .body(body);
            assert_eq!(client.send(request).await.status, status, "{path}, {length} bytes");
        }
    }
    let made =
        client.post("/api/v1/admin/scim-tokens", &json!({ "name": "Directory" })).await.expect(201);
    let mut directory = stack.anonymous();
    directory.token = made["secret"].as_str().map(str::to_owned);
    for (length, status) in [(MIB, 400), (MIB + 1, 413)] {
        let around = r#"{"userName":"","nickName":1}"#;
        let body =
            around.replacen("\"\"", &format!("\"{}\"", "x".repeat(length - around.len())), 1);
        let request = directory
            .request(Method::POST, "/api/v1/scim/v2/Users")
            .header("content-type", "application/scim+json");
        assert_eq!(directory.send(request.body(body)).await.status, status, "SCIM, {length} bytes");
    }
}

async fn set_quota(person: &Person, bytes: usize) {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "update tenants set storage_quota_bytes = $2 where id = $1";
    sqlx::query(sql)
        .bind(person.tenant.0)
        .bind(i64::try_from(bytes).unwrap())
        .execute(&mut db)
        .await
        .unwrap();
}

/// How many documents of the tenant are uploading, and how many bytes are reserved.
async fn reserved(person: &Person) -> (i64, i64) {
    let mut db = Stack::shared().database.superuser().await;
    let sql =
        "select (select count(*) from documents where tenant_id = $1 and status = 'uploading'),
                      (select coalesce(sum(size_bytes), 0)::int8 from blobs where tenant_id = $1)";
    sqlx::query_as(sql).bind(person.tenant.0).fetch_one(&mut db).await.unwrap()
}

/// An upload that announces its size, sends one byte, and then nothing. Returns its status, if it
/// gets a response.
async fn announce(
    client: &Client,
    collection: &str,
    n: usize,
    until: impl Future<Output = ()> + Send + 'static,
) -> Option<u16> {
    let path = format!("/api/v1/collections/{collection}/documents");
    let body = stream::once(async { Ok::<_, std::io::Error>(vec![b'x'; 70_000]) }).chain(
        stream::once(async move {
            until.await;
            Err(std::io::Error::other("given up"))
        }),
    );
    let request = client.request(Method::POST, &path).query(&[("filename", format!("{n}.bin"))]);
    let request = request
        .header("content-type", "application/octet-stream")
        .header("content-length", 100 * MIB);
    request
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await
        .ok()
        .map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn a_hundred_announced_uploads_leave_room_for_a_colleagues_note() {
    let stack = Stack::shared();
    let (client, person) = stack.person("announcer").await;
    let (space, collection) = client.collection("Announced").await;
    let colleague = stack.database.colleague(person.tenant, "colleague", "user").await;
    crate::fixture::join(&person, &colleague, &space, "editor").await;
    let colleague = stack.sign_in(&colleague).await;
    set_quota(&person, 1 << 30).await;
    let (give_up, _) = tokio::sync::watch::channel(false);
    let uploads: Vec<_> = (0..100)
        .map(|n| {
            let (client, collection, mut given_up) =
                (client.clone(), collection.clone(), give_up.subscribe());
            let until =
                async move { given_up.wait_for(|is| *is).await.map(|_| ()).unwrap_or_default() };
            tokio::spawn(async move { announce(&client, &collection, n, until).await })
        })
        .collect();
    // The host's limit per user (local-stack.toml), if it is below that of the component.
    let most = i64::from(knowledge::MOST_AT_ONCE).min(16);
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while reserved(&person).await.0 < most {
        assert!(std::time::Instant::now() < deadline, "fewer than {most} uploads are open");
        ticks.tick().await;
    }
    colleague.upload(&collection, "note.md", "# Note").await.expect(202);
    let (uploading, bytes) = reserved(&person).await;
    assert!(
        uploading <= most && bytes <= most * 4 * 1_048_576 + 100,
        "{uploading} uploads hold {bytes} bytes"
    );
    assert_eq!(
        client.upload(&collection, "one more.md", "# More").await.problem(429),
        "too_many_requests"
    );
    give_up.send(true).unwrap();
    let answers =
        join_all(uploads).await.into_iter().filter_map(Result::unwrap).collect::<Vec<_>>();
    assert!(answers.iter().all(|status| matches!(status, 400 | 429)), "{answers:?}");
    // 16 are running and 64 wait: the queue of a tenant leaves room for colleagues.
    assert!(answers.iter().filter(|status| **status == 429).count() >= 20, "{answers:?}");
    while reserved(&person).await.0 > 0 {
        ticks.tick().await;
    }
    let body = json!({ "name": "Afterwards", "space_id": space });
    client.create("/api/v1/collections", &body).await;
    client.upload(&collection, "again.md", "# Again").await.expect(202);
}
