//! One trace from a request to the job that it causes, through the real components; and nothing in it
//! that a user wrote or keeps secret.

use collector::ReceivedSpan;
use futures::StreamExt;
use serde_json::json;
use tests::{client::Client, stack::Stack};

/// In every text that is uploaded and asked.
const CANARY: &str = "wheatear";

/// The span that caused `span`.
fn parent<'a>(spans: &'a [ReceivedSpan], span: &ReceivedSpan) -> &'a ReceivedSpan {
    let same = |one: &&ReceivedSpan| one.span_id == span.parent_id && one.trace_id == span.trace_id;
    spans.iter().find(same).unwrap_or_else(|| panic!("{span:#?} has no parent"))
}

/// The spans below `span`, down to the last.
fn below<'a>(spans: &'a [ReceivedSpan], span: &ReceivedSpan) -> Vec<&'a ReceivedSpan> {
    let children = spans.iter().filter(|one| one.parent_id == span.span_id);
    children.flat_map(|child| [vec![child], below(spans, child)].concat()).collect()
}

#[tokio::test]
async fn an_upload_and_a_question_are_one_trace_each_and_tell_no_secret() {
    let stack = Stack::shared();
    let host = stack.another_host(|config| config.traces = Some(stack.traces())).await;
    let person = stack.database.person("traced").await;
    let mut client = Client::new(&format!("http://{}", host.addr()));
    client.sign_in(&person.email, person.password).await;
    let (space, collection) = client.collection("Birds").await;
    let text = format!("# Birds\n\nThe {CANARY} nests in stone walls.\n");
    client.ingest(&collection, &format!("{CANARY}.md"), text).await;
    let assistant = json!({ "space_id": space, "name": "Birds", "collection_ids": [collection] });
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    let conversation = json!({ "assistant_id": assistant });
    let conversation = client.create("/api/v1/conversations", &conversation).await;
    let question = format!("Where does the {CANARY} nest?");
    let events: Vec<_> = client.ask(&conversation, &question).await.collect().await;
    assert!(!events.is_empty());
    // Its last spans leave with it.
    host.shutdown().await;
    let job = "job ingest_document";
    let spans = stack
        .collector
        .until(|spans| spans.iter().any(|span| span.name == job).then(|| spans.to_vec()))
        .await;

    let of_job = spans.iter().find(|span| span.name == job).unwrap();
    let upload = parent(&spans, of_job);
    assert_eq!((upload.name.as_str(), upload.service.as_str()), ("upload", "tessera-host"));
    let request = parent(&spans, upload);
    assert_eq!(request.name, "POST /api/v1/collections/{collection_id}/documents");
    assert_eq!((request.kind.as_str(), request.parent_id.as_str()), ("Server", ""));
    assert_eq!(request.attribute("http.response.status_code"), "202");
    let kinds_below = |span: &ReceivedSpan| -> Vec<String> {
        below(&spans, span).iter().map(|one| one.attribute("db.system.name").to_owned()).collect()
    };
    assert!(kinds_below(upload).iter().any(|system| system == "postgresql"));
    assert!(kinds_below(of_job).iter().any(|system| system == "postgresql"));

    let asked = spans.iter().find(|span| span.name.ends_with("/messages")).unwrap();
    let answering = below(&spans, asked);
    for (what, is_there) in [
        ("a statement", answering.iter().any(|s| s.attribute("db.system.name") == "postgresql")),
        ("Redis", answering.iter().any(|s| s.attribute("db.system.name") == "redis")),
        ("the embedding or the provider", answering.iter().any(|s| s.name == "POST")),
    ] {
        assert!(is_there, "{what}: {answering:#?}");
    }
    let all = format!("{spans:?}");
    for secret in [CANARY, person.email.as_str(), person.password, "?filename", "bearer", "Birds"] {
        assert!(!all.contains(secret), "{secret} stands in a span");
    }
}
