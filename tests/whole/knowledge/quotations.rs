//! Quotations in an old answer are visible while its reader may read the document, and the document
//! exists.

use futures::StreamExt;
use serde_json::{Value, json};
use tests::{client::Client, stack::Stack};

use crate::fixture::join;

const SECRET: &str = "The vault opens with the number forty-two.";

struct Fixture {
    owner: Client,
    person: testkit::Person,
    member: Client,
    member_person: testkit::Person,
    space: String,
    document: String,
    conversation: String,
    message: String,
}

/// A member got an answer that cites a document.
async fn fixture() -> Fixture {
    let stack = Stack::shared();
    let (owner, person) = stack.person("owner").await;
    let (space, collection) = owner.collection("Vault").await;
    let document = owner.ingest(&collection, "vault.md", format!("# Vault\n\n{SECRET}\n")).await;
    let assistant = json!({ "space_id": space, "name": "Keeper", "collection_ids": [collection] });
    let assistant = owner.create("/api/v1/assistants", &assistant).await;
    let member_person = stack.database.colleague(person.tenant, "member", "user").await;
    join(&person, &member_person, &space, "viewer").await;
    let member = stack.sign_in(&member_person).await;
    let conversation =
        member.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let answer = ask_once(&member, &conversation).await;
    assert_eq!(
        (&answer["sources"][0]["available"], quotes(&answer)),
        (&json!(true), true),
        "{answer:#}"
    );
    let document = document["id"].as_str().unwrap().to_owned();
    let message = answer["message_id"].as_str().unwrap().to_owned();
    Fixture { owner, person, member, member_person, space, document, conversation, message }
}

/// The same request each time: it gets the first answer again.
async fn ask_once(client: &Client, conversation: &str) -> Value {
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let request =
        client.request(http::Method::POST, &path).header("idempotency-key", "the same question");
    client.send(request.json(&json!({ "content": "How does the vault open?" }))).await.expect(200)
}

fn quotes(answer: &Value) -> bool {
    answer["sources"].to_string().contains("forty-two")
}

impl Fixture {
    /// The sources in the list of messages, and in the stream resumed from its beginning.
    async fn seen(&self) -> [Value; 2] {
        let path = format!("/api/v1/conversations/{}/messages", self.conversation);
        let messages = self.member.get(&path).await.expect(200);
        let mut events =
            self.member.events(&format!("/api/v1/messages/{}/stream", self.message), None).await;
        loop {
            let event = events.next().await.expect("the sources come").data;
            if event["type"] == "sources" {
                let from_stream = json!({ "sources": event["sources"] });
                return [messages["messages"][1].clone(), from_stream];
            }
        }
    }

    async fn leave(&self) {
        let path = format!("/api/v1/spaces/{}/members/{}", self.space, self.member_person.user);
        self.owner.delete(&path).await.expect(204);
    }

    async fn stored(&self) -> String {
        let mut db = Stack::shared().database.superuser().await;
        let sql = "select sources::text from messages where id = $1::uuid";
        let id: uuid::Uuid = self.message.parse().unwrap();
        sqlx::query_scalar(sql).bind(id).fetch_one(&mut db).await.unwrap()
    }
}

fn is_withheld(answer: &Value) {
    let source = &answer["sources"][0];
    assert_eq!((&source["n"], &source["available"]), (&json!(1), &json!(false)), "{answer:#}");
    for member in ["title", "snippet"] {
        assert_eq!(source[member], "", "{answer:#}");
    }
    assert_eq!(
        (&source["page"], &source["heading_path"]),
        (&Value::Null, &json!([])),
        "{answer:#}"
    );
}

#[tokio::test]
async fn a_reader_who_left_the_space_keeps_the_answer_and_sees_no_quotation() {
    let fixture = fixture().await;
    fixture.leave().await;
    let seen = fixture.seen().await;
    assert!(seen[0]["content"].as_str().is_some_and(|text| !text.is_empty()), "the text stays");
    seen.iter().for_each(is_withheld);
    // The journal expires after an hour: then only the row is left.
    let redis = platform::redis::Redis::open().await.unwrap();
    let stream = format!("answer:{}:{}", fixture.person.tenant, fixture.message);
    redis.command("DEL", &[stream.as_bytes()]).await.unwrap();
    fixture.seen().await.iter().for_each(is_withheld);
    join(&fixture.person, &fixture.member_person, &fixture.space, "viewer").await;
    assert!(fixture.seen().await.iter().all(quotes), "who may read again sees it again");
    is_withheld_in_a_repeated_answer(&fixture).await;
}

async fn is_withheld_in_a_repeated_answer(fixture: &Fixture) {
    assert!(quotes(&ask_once(&fixture.member, &fixture.conversation).await));
    // The question was asked with another member's role in the space; the document is in another
    // space now.
    let (_, elsewhere) = fixture.owner.collection("Elsewhere").await;
    let path = format!("/api/v1/documents/{}", fixture.document);
    fixture.owner.patch(&path, &json!({ "collection_id": elsewhere })).await.expect(200);
    is_withheld(&ask_once(&fixture.member, &fixture.conversation).await);
}

#[tokio::test]
async fn a_deleted_document_is_no_longer_quoted() {
    let fixture = fixture().await;
    assert!(fixture.stored().await.contains("forty-two"));
    fixture.owner.delete(&format!("/api/v1/documents/{}", fixture.document)).await.expect(204);
    fixture.seen().await.iter().for_each(is_withheld);
    is_withheld(&ask_once(&fixture.member, &fixture.conversation).await);
    let stored = fixture.stored().await;
    assert!(!stored.contains("forty-two") && !stored.contains("vault"), "{stored}");
}

#[tokio::test]
async fn a_deleted_collection_is_no_longer_quoted() {
    let fixture = fixture().await;
    let document =
        fixture.owner.get(&format!("/api/v1/documents/{}", fixture.document)).await.expect(200);
    let collection = document["collection_id"].as_str().unwrap();
    fixture.owner.delete(&format!("/api/v1/collections/{collection}")).await.expect(204);
    assert!(!fixture.stored().await.contains("forty-two"));
    fixture.seen().await.iter().for_each(is_withheld);
}
