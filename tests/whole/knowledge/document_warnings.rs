//! Warnings about unread parts of a document: in the document, in lists, and among its siblings.

use serde_json::Value;
use tests::stack::{Stack, root};

#[tokio::test]
async fn a_document_names_its_pages_without_text() {
    let (client, _) = Stack::shared().person("ada").await;
    let (_, collection) = client.collection("Scans").await;
    let file = root().join("crates/extract/tests/files/collection/G22-one-text-page-two-scans.pdf");
    let document = client.ingest(&collection, "scans.pdf", std::fs::read(file).unwrap()).await;
    assert_eq!(document["status"], "ready", "{document:#}");
    let warnings = document["warnings"].as_array().unwrap();
    let without = warnings.iter().find(|warning| warning["kind"] == "pages_without_text").unwrap();
    assert_eq!(
        (&without["count"], &without["pages"]),
        (&Value::from(2), &serde_json::json!([2, 3])),
        "{document:#}"
    );
    assert_eq!(without["page_counts"], serde_json::json!([1, 1]), "{document:#}");
}

#[tokio::test]
async fn documents_with_warnings_are_listed_apart() {
    let (client, _) = Stack::shared().person("bo").await;
    let (_, collection) = client.collection("Bytes").await;
    let sound = client.ingest(&collection, "sound.txt", "Taxan gäller alla.").await;
    let mut bytes = "Kommunstyrelsen beslutade att bevilja föreningen bidrag för året. "
        .repeat(20)
        .into_bytes();
    bytes.extend(b"R\xE4ksm\xF6rg\xE5s");
    let spoilt = client.ingest(&collection, "spoilt.txt", bytes).await;
    assert_eq!(sound["warnings"].as_array().unwrap().len(), 0, "{sound:#}");
    assert_eq!(spoilt["warnings"][0]["kind"], "invalid_bytes", "{spoilt:#}");
    assert_eq!(spoilt["warnings"][0]["class"], "loss");
    for (wanted, id) in [("true", &spoilt["id"]), ("false", &sound["id"])] {
        let path = format!("/api/v1/documents?collection_id={collection}&has_warnings={wanted}");
        let listed = client.get(&path).await.expect(200);
        assert_eq!(
            (&listed["total"], &listed["documents"][0]["id"]),
            (&Value::from(1), id),
            "{listed:#}"
        );
    }
    for wrong in ["has_warnings=perhaps", "warning=odd_letters", "warning="] {
        let wrong = client.get(&format!("/api/v1/documents?{wrong}")).await;
        assert_eq!(wrong.problem(400), "invalid_query");
    }
}

#[tokio::test]
async fn documents_are_listed_by_the_kind_of_their_warning_also_if_it_is_no_loss() {
    let (client, _) = Stack::shared().person("ceylan").await;
    let (_, collection) = client.collection("Kinds").await;
    client.ingest(&collection, "sound.txt", "Taxan gäller alla.").await;
    let hidden = "<p>Taxan gäller alla som hyr lokaler.</p><p hidden>Dold text.</p>";
    let hidden = client.ingest(&collection, "hidden.html", hidden).await;
    let picture = "# Karta\n\nSe kartan över stugorna.\n\n![](karta.png)\n";
    let picture = client.ingest(&collection, "picture.md", picture).await;
    for (kind, expected) in [
        ("hidden_text", vec![&hidden["id"]]),
        ("pictures_without_text", vec![&picture["id"]]),
        ("skipped_comments", Vec::new()),
    ] {
        let path = format!("/api/v1/documents?collection_id={collection}&warning={kind}");
        let listed = client.get(&path).await.expect(200);
        let found: Vec<&Value> =
            listed["documents"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert_eq!(found, expected, "{kind}: {listed:#}");
    }
    let both = format!(
        "/api/v1/documents?collection_id={collection}&has_warnings=true&warning=hidden_text"
    );
    assert_eq!(client.get(&both).await.expect(200)["total"], 0, "hidden text is no loss");
}

#[tokio::test]
async fn deliberately_skipped_parts_give_no_warning() {
    let (client, _) = Stack::shared().person("eva").await;
    let (_, collection) = client.collection("Pages").await;
    let page = "<html><body><nav><a href='/'>Start</a> <a href='/om'>Om oss</a> <a href='/kontakt'>Kontakt</a></nav>
        <main><h1>Taxa</h1><p>Taxan gäller för alla som hyr lokaler av kommunen under året.</p></main></body></html>";
    let document = client.ingest(&collection, "page.html", page).await;
    let [warning] = document["warnings"].as_array().unwrap().as_slice() else {
        panic!("one warning: {document:#}")
    };
    assert_eq!(
        (&warning["kind"], &warning["class"]),
        (&"skipped_navigation".into(), &"left_out".into())
    );
    for (wanted, total) in [("true", 0), ("false", 1)] {
        let path = format!("/api/v1/documents?collection_id={collection}&has_warnings={wanted}");
        assert_eq!(client.get(&path).await.expect(200)["total"], total);
    }
}

#[tokio::test]
async fn the_same_file_twice_names_the_first() {
    let (client, _) = Stack::shared().person("carl").await;
    let (_, collection) = client.collection("Twice").await;
    let first = client.ingest(&collection, "first.txt", "The pool opens at six.").await;
    let again = client.ingest(&collection, "again.txt", "The pool opens at six.").await;
    assert_eq!(first["duplicate_of"], Value::Null);
    assert_eq!(again["duplicate_of"], first["id"], "{again:#}");
    let (_, elsewhere) = client.collection("Elsewhere").await;
    let other = client.ingest(&elsewhere, "other.txt", "The pool opens at six.").await;
    assert_eq!(other["duplicate_of"], Value::Null, "another collection has files of its own");
}

#[tokio::test]
async fn a_file_name_is_stored_composed_and_without_direction_marks() {
    let (client, _) = Stack::shared().person("dora").await;
    let (_, collection) = client.collection("Names").await;
    let document = client.ingest(&collection, "A\u{30A}terbruk fdp.\u{202E}txt", "Text.").await;
    assert_eq!(
        (&document["filename"], &document["title"]),
        (&"Återbruk fdp.txt".into(), &"Återbruk fdp.txt".into())
    );
}
