//! Upload, processing and reading of documents.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tests::{
    client::wait_for_document,
    stack::{Stack, root},
};

const NOTES: &str = "# Opening hours\n\nThe library in Ekeby is open from nine to six on weekdays and from ten to two on Saturdays.\n\n\
    # Fees\n\nA lost book costs three hundred kronor. Children never pay a fee.\n";

#[tokio::test]
async fn a_document_becomes_ready_and_its_passages_open_at_their_exact_place() {
    let (client, _) = Stack::shared().person("anna").await;
    let (_, collection) = client.collection("Library").await;
    let document = client.ingest(&collection, "notes.md", NOTES).await;
    assert_eq!(document["status"], "ready", "{document:#}");
    assert_eq!(document["progress"], 100);
    let found = client
        .post(
            "/api/v1/search",
            &json!({ "query": "What does a lost book cost?", "collection_ids": [collection] }),
        )
        .await
        .expect(200);
    let hit = &found["results"][0];
    assert!(hit["snippet"].as_str().unwrap().contains("three hundred kronor"), "{found:#}");
    let path = format!(
        "/api/v1/documents/{}/passages/{}",
        hit["document_id"].as_str().unwrap(),
        hit["chunk_id"].as_str().unwrap()
    );
    let citation = client.get(&path).await.expect(200);
    let text: Vec<char> = citation["text"].as_str().unwrap().chars().collect();
    let at = |name: &str| usize::try_from(citation[name].as_u64().unwrap()).unwrap();
    let cited: String = text[at("start")..at("end")].iter().collect();
    assert!(cited.contains("A lost book costs three hundred kronor"), "{cited}");
    let page = client
        .get(&format!("/api/v1/documents/{}/pages/1", hit["document_id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(page["text"], citation["text"]);
}

#[tokio::test]
async fn a_form_and_a_raw_body_store_and_return_the_same_bytes() {
    let (client, _) = Stack::shared().person("bo").await;
    let (_, collection) = client.collection("Bytes").await;
    let bytes: Vec<u8> = std::fs::read(root().join("demo/handbook.pdf")).unwrap();
    let raw = client.upload(&collection, "../handbook.pdf", bytes.clone()).await.expect(202);
    assert_eq!(raw["document"]["filename"], "handbook.pdf");
    let part = reqwest::multipart::Part::bytes(bytes.clone()).file_name("handbook.pdf");
    let form = reqwest::multipart::Form::new().text("note", "ignored").part("file", part);
    let path = format!("/api/v1/collections/{collection}/documents");
    let by_form =
        client.send(client.request(Method::POST, &path).multipart(form)).await.expect(202);
    assert_eq!(raw["document"]["sha256"], by_form["document"]["sha256"]);
    let id = by_form["document"]["id"].as_str().unwrap();
    let response = client
        .request(Method::GET, &format!("/api/v1/documents/{id}/content"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"handbook.pdf\"; filename*=UTF-8''handbook.pdf"
    );
    assert_eq!(response.bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn a_broken_document_fails_with_a_helpful_error() {
    let (client, _) = Stack::shared().person("carl").await;
    let (_, collection) = client.collection("Broken").await;
    let document = client
        .ingest(&collection, "report.pdf", b"%PDF-1.7 and then nothing of the kind".to_vec())
        .await;
    assert_eq!(document["status"], "failed");
    let failure = &document["failure"];
    assert!(
        failure["code"].as_str().unwrap().len() > 3
            && failure["detail"].as_str().unwrap().len() > 10,
        "{failure:#}"
    );
    let job = client
        .get(&format!("/api/v1/jobs/{}", document["job_id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(job["error"]["code"], failure["code"]);
}

#[tokio::test]
async fn an_empty_an_unnamed_and_a_too_large_upload_leave_nothing_behind() {
    let (client, _) = Stack::shared().person("dora").await;
    let (_, collection) = client.collection("Refused").await;
    assert_eq!(
        client.upload(&collection, "empty.txt", Vec::new()).await.problem(400),
        "invalid_body"
    );
    assert_eq!(client.upload(&collection, "", b"text".to_vec()).await.problem(400), "invalid_body");
    let path = format!("/api/v1/collections/{collection}/documents?filename=huge.bin");
    let huge = client
        .request(Method::POST, &path)
        .header("content-length", "99999999999")
        .body(reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>("x")])));
    // Refused by its declared length, or cut when the connection breaks: never stored.
    let _ = huge.send().await;
    assert_eq!(
        client.get(&format!("/api/v1/collections/{collection}/documents")).await.expect(200)["total"],
        0
    );
}

#[tokio::test]
async fn an_idempotent_create_runs_once() {
    let (client, _) = Stack::shared().person("eva").await;
    let send = |name: &str| {
        client.send(
            client
                .request(Method::POST, "/api/v1/spaces")
                .header("idempotency-key", "k-1")
                .json(&json!({ "name": name })),
        )
    };
    let first = send("Once").await.expect(201);
    let again = send("Once").await.expect(201);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(send("Different").await.problem(409), "idempotency_mismatch");
}

#[tokio::test]
async fn a_repeated_upload_with_the_same_key_stores_the_file_once() {
    let (client, _) = Stack::shared().person("fia").await;
    let (_, collection) = client.collection("Uploads").await;
    let path = format!("/api/v1/collections/{collection}/documents");
    let send = |name: &str, text: &'static str| {
        let request = client.request(Method::POST, &path).query(&[("filename", name)]);
        client.send(request.header("idempotency-key", "upload-1").body(text))
    };
    let first = send("a.txt", "The same text.").await.expect(202);
    let again = send("a.txt", "The same text.").await.expect(202);
    assert_eq!(first["document"]["id"], again["document"]["id"]);
    assert_eq!(send("b.txt", "The same text.").await.problem(409), "idempotency_mismatch");
    assert_eq!(client.get(&path).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn the_same_file_twice_is_two_documents_with_one_content() {
    let (client, _) = Stack::shared().person("gosta").await;
    let (_, collection) = client.collection("Twice").await;
    let text = "# Bees\n\nThe hives stand behind the Granary.\n";
    let first = client.ingest(&collection, "bees.md", text).await;
    let second = client.ingest(&collection, "bees.md", text).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!((&first["sha256"], &first["status"]), (&second["sha256"], &second["status"]));
    client
        .delete(&format!("/api/v1/documents/{}", first["id"].as_str().unwrap()))
        .await
        .expect(204);
    let path = format!("/api/v1/documents/{}/content", second["id"].as_str().unwrap());
    let left = client.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(left.text().await.unwrap(), text, "deleting one must not take the other's bytes");
}

#[tokio::test]
async fn a_broken_upload_leaves_nothing_behind() {
    let (client, _) = Stack::shared().person("hedda").await;
    let (_, collection) = client.collection("Half").await;
    let path = format!("/api/v1/collections/{collection}/documents");
    let pieces = futures::stream::iter([
        Ok("half of a document "),
        Err(std::io::Error::other("the line went dead")),
    ]);
    let request = client.request(Method::POST, &path).query(&[("filename", "half.txt")]);
    request.body(reqwest::Body::wrap_stream(pieces)).send().await.unwrap_err();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while client.get(&path).await.expect(200)["total"] != 0 {
        assert!(
            std::time::Instant::now() < deadline,
            "the document of the broken upload is still there"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn only_documents_with_pages_of_their_own_are_cited_by_page() {
    let (client, _) = Stack::shared().person("ivar").await;
    let (space, collection) = client.collection("Pages").await;
    let bytes = std::fs::read(root().join("demo/handbook.pdf")).unwrap();
    let book = client.ingest(&collection, "handbook.pdf", bytes).await;
    let note = client
        .ingest(&collection, "note.md", "# Zebras\n\n## Stripes\n\nZebras have stripes.\n")
        .await;
    assert_eq!((book["page_count"].is_u64(), &note["page_count"]), (true, &json!(null)));
    let search = async |query: &str| {
        let found = client
            .post("/api/v1/search", &json!({ "query": query, "space_id": space }))
            .await
            .expect(200);
        found["results"][0].clone()
    };
    let zebra = search("zebra stripes").await;
    assert_eq!((&zebra["title"], &zebra["page"]), (&json!("Zebras"), &json!(null)));
    assert!(
        !zebra["heading_path"].as_array().unwrap().contains(&json!("Zebras")),
        "the title is repeated: {zebra}"
    );
    assert!(search("subletting a flat").await["page"].as_u64().is_some_and(|page| page >= 1));
}

#[tokio::test]
async fn pages_of_lists_have_no_gap_or_repetition() {
    let (client, _) = Stack::shared().person("finn").await;
    for n in 0..7 {
        client.create("/api/v1/spaces", &json!({ "name": format!("Space {n}") })).await;
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/v1/spaces?limit=3{cursor}")).await.expect(200);
        assert_eq!(page["total"], 8, "seven and the personal one");
        names.extend(
            page["spaces"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["name"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((names.len(), sorted.len()), (8, 8), "{names:?}");
}

#[tokio::test]
async fn a_deleted_document_is_gone_from_search_with_its_bytes() {
    let stack = Stack::shared();
    let (client, person) = stack.person("gun").await;
    let (_, collection) = client.collection("Deleted").await;
    let document = client.ingest(&collection, "notes.md", NOTES).await;
    client
        .delete(&format!("/api/v1/documents/{}", document["id"].as_str().unwrap()))
        .await
        .expect(204);
    let found = client.post("/api/v1/search", &json!({ "query": "lost book" })).await.expect(200);
    assert_eq!(found["total"], 0);
    let mut db = stack.database.superuser().await;
    for table in ["blobs", "blob_chunks", "chunks", "document_pages"] {
        let sql = format!("select count(*) from {table} where tenant_id = $1");
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(person.tenant.0)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn every_format_of_the_demo_shelf_becomes_ready() {
    let (client, _) = Stack::shared().person("hans").await;
    let (_, collection) = client.collection("Shelf").await;
    let events = client.events("/api/v1/events", None).await;
    let mut events = Some(events);
    for entry in std::fs::read_dir(root().join("demo")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let known = ["pdf", "docx", "pptx", "html", "md", "csv", "txt"];
        if !path.extension().is_some_and(|e| known.contains(&e.to_str().unwrap()))
            || name == "README.md"
        {
            continue;
        }
        let document = client.ingest(&collection, &name, std::fs::read(&path).unwrap()).await;
        assert_eq!(document["status"], "ready", "{name}: {document:#}");
        if let Some(first) = events.take() {
            wait_for_document(first, document["id"].as_str().unwrap()).await;
        }
    }
}

#[tokio::test]
async fn a_worker_killed_in_the_middle_neither_loses_nor_doubles_data() {
    // A stack of its own: the worker of the shared one serves other tests.
    let stack = Stack::start().await;
    let (client, person) = stack.person("ida").await;
    let (_, collection) = client.collection("Killed").await;
    let long: String = (0..400)
        .map(|n| format!("## Section {n}\n\nThe rule number {n} says that everybody shares equally in part {n}.\n\n"))
        .collect();
    let mut events = client.events("/api/v1/events", None).await;
    let body = client.upload(&collection, "rules.md", long).await.expect(202);
    let id = body["document"]["id"].as_str().unwrap().to_owned();
    next_status(&mut events, &id, &["processing", "indexing"]).await;
    stack.kill_worker();
    // The lease of a dead worker would expire by itself after a minute; the test does not wait for
    // that.
    let mut db = stack.database.superuser().await;
    sqlx::query("update jobs set lease_until = now() where tenant_id = $1")
        .bind(person.tenant.0)
        .execute(&mut db)
        .await
        .unwrap();
    stack.revive_worker().await;
    wait_for_document(events, &id).await;
    let document = client.get(&format!("/api/v1/documents/{id}")).await.expect(200);
    assert_eq!(document["status"], "ready", "{document:#}");
    let sql = "select count(*), count(distinct ordinal) from chunks where tenant_id = $1";
    let (all, distinct): (i64, i64) =
        sqlx::query_as(sql).bind(person.tenant.0).fetch_one(&mut db).await.unwrap();
    assert_eq!((all, distinct), (document["chunk_count"].as_i64().unwrap(), all));
    stack.stop().await;
}

async fn next_status(
    events: &mut (impl futures::Stream<Item = tests::client::Event> + Unpin),
    id: &str,
    wanted: &[&str],
) -> Value {
    use futures::StreamExt;
    let found = async {
        loop {
            let event = events.next().await.expect("the events ended").data;
            if event["document_id"] == id && wanted.iter().any(|w| event["status"] == *w) {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found).await.expect("no such event within 60 s")
}
