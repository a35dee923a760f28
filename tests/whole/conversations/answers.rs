//! Questions in, cited answers out.

use std::time::Duration;

use futures::StreamExt;
use http::Method;
use serde_json::{Value, json};
use tests::{client::Client, provider::Script, stack::Stack};
use tokio::sync::mpsc;

const FACTS: &str = "# Statutes\n\nThe chair of the association is elected for two years at the annual meeting in March.\n\n\
    # Laundry\n\nThe laundry room is booked through the caretaker, at most two weeks ahead.\n";

/// A user with a document, an assistant over it, and a conversation.
async fn prepared(name: &str) -> (Client, String) {
    let (client, _) = Stack::shared().person(name).await;
    let (space, collection) = client.collection("Association").await;
    let document = client.ingest(&collection, "statutes.md", FACTS).await;
    assert_eq!(document["status"], "ready", "{document:#}");
    let assistant = json!({ "space_id": space, "name": "Secretary", "instructions": "Be brief.", "collection_ids": [collection] });
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    (client, conversation)
}

async fn all(mut events: impl futures::Stream<Item = tests::client::Event> + Unpin) -> Vec<Value> {
    let collect = async {
        let mut out = Vec::new();
        while let Some(event) = events.next().await {
            tests::contract::validate(
                &json!({ "$ref": "#/components/schemas/StreamEvent" }),
                &event.data,
                "chat stream",
            );
            out.push(event.data);
        }
        out
    };
    tokio::time::timeout(Duration::from_secs(60), collect)
        .await
        .expect("the answer did not end within 60 s")
}

fn text_of(events: &[Value]) -> String {
    events.iter().filter(|e| e["type"] == "chunk").filter_map(|e| e["content"].as_str()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = events.iter().filter_map(|e| e["type"].as_str()).collect();
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn an_answer_streams_with_sources_and_only_valid_citations() {
    let (client, conversation) = prepared("anna").await;
    Stack::shared().provider.on(
        "Who elects the chair",
        Script::Pieces(vec!["The annual ".into(), "meeting [1]. Nonsense [99].".into()]),
    );
    let events =
        all(client.ask(&conversation, "Who elects the chair, and for how long?").await).await;
    assert_eq!(kinds(&events)[..2], ["start", "sources"], "{events:#?}");
    assert_eq!(text_of(&events), "The annual meeting [1]. Nonsense [99].");
    let done = events.iter().find(|e| e["type"] == "done").expect("done");
    assert_eq!(done["citations"], json!([1]));
    assert_eq!(done["usage"]["completion_tokens"], 7);
    let source = &events[1]["sources"][0];
    assert_eq!((source["n"].as_i64(), source["title"].as_str().is_some()), (Some(1), true));
    let cited = format!(
        "/api/v1/documents/{}/passages/{}",
        source["document_id"].as_str().unwrap(),
        source["chunk_id"].as_str().unwrap()
    );
    assert!(
        client.get(&cited).await.expect(200)["text"]
            .as_str()
            .unwrap()
            .contains("elected for two years")
    );
    let messages =
        client.get(&format!("/api/v1/conversations/{conversation}/messages")).await.expect(200);
    assert_eq!(messages["messages"][1]["status"], "done");
    assert_eq!(messages["messages"][1]["content"], "The annual meeting [1]. Nonsense [99].");
}

#[tokio::test]
async fn without_the_accept_header_the_same_answer_is_one_document() {
    let (client, conversation) = prepared("bo").await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let answer =
        client.post(&path, &json!({ "content": "How is the laundry booked?" })).await.expect(200);
    assert_eq!(
        (answer["status"].as_str(), answer["citations"].clone()),
        (Some("done"), json!([1]))
    );
    assert_eq!(answer["content"], "An answer from the stub [1].");
}

#[tokio::test]
async fn the_prompt_has_chunks_as_data_and_the_assistants_instructions() {
    let (client, conversation) = prepared("carl").await;
    all(client.ask(&conversation, "May I book the laundry for carl next month?").await).await;
    let request = Stack::shared().provider.request("laundry for carl").unwrap();
    let said = |n: usize| request["messages"][n]["content"].as_str().unwrap();
    assert_eq!(
        (&request["messages"][0]["role"], &request["messages"][1]["role"]),
        (&json!("system"), &json!("user"))
    );
    assert!(
        said(0).contains("Be brief.") && !said(0).contains("booked through the caretaker"),
        "{}",
        said(0)
    );
    assert!(
        said(1).starts_with("<sources>\n[1] ") && said(1).contains("booked through the caretaker"),
        "{}",
        said(1)
    );
    assert!(
        said(1).ends_with("</sources>\n\nMay I book the laundry for carl next month?"),
        "{}",
        said(1)
    );
    assert_eq!(request["stream"], true);
}

#[tokio::test]
async fn an_answer_survives_its_reader_and_resumes_where_it_stopped() {
    let (client, conversation) = prepared("dora").await;
    let (pieces, script) = mpsc::unbounded_channel();
    Stack::shared().provider.on("dora asks slowly", Script::Live(script));
    let mut events = client.ask(&conversation, "dora asks slowly: who elects the chair?").await;
    let start = events.next().await.unwrap();
    let message = start.data["message_id"].as_str().unwrap().to_owned();
    pieces.send("First. ".into()).unwrap();
    let last = loop {
        let event = events.next().await.unwrap();
        if event.data["type"] == "chunk" {
            break event.id;
        }
    };
    drop(events);
    pieces.send("Second.".into()).unwrap();
    drop(pieces);
    let resumed =
        all(client.events(&format!("/api/v1/messages/{message}/stream"), Some(&last)).await).await;
    assert_eq!(text_of(&resumed), "Second.", "nothing twice, nothing lost: {resumed:#?}");
    assert_eq!(resumed.last().unwrap()["type"], "done");
    let whole = all(client.events(&format!("/api/v1/messages/{message}/stream"), None).await).await;
    assert_eq!(text_of(&whole), "First. Second.");
}

#[tokio::test]
async fn stop_ends_the_answer_and_keeps_the_text_so_far() {
    let (client, conversation) = prepared("eva").await;
    let (pieces, script) = mpsc::unbounded_channel();
    Stack::shared().provider.on("eva asks", Script::Live(script));
    let mut events = client.ask(&conversation, "eva asks: who elects the chair?").await;
    let message = events.next().await.unwrap().data["message_id"].as_str().unwrap().to_owned();
    pieces.send("As far as this.".into()).unwrap();
    while events.next().await.unwrap().data["type"] != "chunk" {}
    client
        .send(client.request(Method::POST, &format!("/api/v1/messages/{message}/stop")))
        .await
        .expect(204);
    let rest = all(events).await;
    assert_eq!(rest.last().unwrap()["type"], "stopped", "{rest:#?}");
    let messages =
        client.get(&format!("/api/v1/conversations/{conversation}/messages")).await.expect(200);
    assert_eq!(messages["messages"][1]["status"], "stopped");
    assert_eq!(messages["messages"][1]["content"], "As far as this.");
}

#[tokio::test]
async fn a_failing_or_broken_provider_ends_in_a_visible_error() {
    let (client, conversation) = prepared("finn").await;
    let provider = &Stack::shared().provider;
    provider.on("finn asks a refused question", Script::Refuse(401));
    let refused =
        all(client.ask(&conversation, "finn asks a refused question about the chair").await).await;
    let problem = &refused.last().unwrap()["problem"];
    assert_eq!(problem["error"], "model_failed", "{refused:#?}");
    let (pieces, script) = mpsc::unbounded_channel();
    provider.on("finn asks a cut question", Script::Cut(script));
    let mut events = client.ask(&conversation, "finn asks a cut question about the chair").await;
    pieces.send("Half an ".into()).unwrap();
    while events.next().await.unwrap().data["type"] != "chunk" {}
    drop(pieces);
    let cut = all(events).await;
    assert_eq!(cut.last().unwrap()["type"], "error", "{cut:#?}");
    let messages =
        client.get(&format!("/api/v1/conversations/{conversation}/messages")).await.expect(200);
    let last = messages["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (last["status"].as_str(), last["content"].as_str()),
        (Some("failed"), Some("Half an "))
    );
}

#[tokio::test]
async fn a_second_question_waits_until_the_first_is_answered() {
    let (client, conversation) = prepared("gun").await;
    let (pieces, script) = mpsc::unbounded_channel();
    Stack::shared().provider.on("gun asks first", Script::Live(script));
    let mut first = client.ask(&conversation, "gun asks first about the chair").await;
    first.next().await.unwrap();
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let second = client.post(&path, &json!({ "content": "and now this" })).await;
    assert_eq!(second.problem(409), "answer_running");
    drop(pieces);
    all(first).await;
}

#[tokio::test]
async fn conversations_are_listed_renamed_and_deleted() {
    let (client, conversation) = prepared("hans").await;
    all(client.ask(&conversation, "Who elects the chair of the association?").await).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let found = client.get(&path).await.expect(200);
    assert!(
        found["title"].as_str().is_some_and(|t| !t.is_empty()),
        "the first question gives a title: {found:#}"
    );
    assert_eq!(
        client.patch(&path, &json!({ "title": "The chair" })).await.expect(200)["title"],
        "The chair"
    );
    assert_eq!(
        client.get("/api/v1/conversations").await.expect(200)["conversations"][0]["title"],
        "The chair"
    );
    client.delete(&path).await.expect(204);
    client.get(&path).await.expect(404);
}

#[tokio::test]
async fn an_answer_ends_when_its_asker_loses_the_space_and_stores_no_more() {
    let stack = Stack::shared();
    let (owner, boss) = stack.person("boss").await;
    let colleague = stack.database.colleague(boss.tenant, "asker", "user").await;
    let client = stack.sign_in(&colleague).await;
    let (space, _) = owner.collection("Association").await;
    let members = format!("/api/v1/spaces/{space}/members");
    owner
        .post(&members, &json!({ "user_id": colleague.user.to_string(), "role": "editor" }))
        .await
        .expect(201);
    let assistant = owner
        .create("/api/v1/assistants", &json!({ "space_id": space, "name": "Secretary" }))
        .await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let question = format!("How long does it go on for {}?", colleague.user);
    let (say, script) = mpsc::unbounded_channel();
    stack.provider.on(&question, Script::Live(script));
    let mut answer = client.ask(&conversation, &question).await;
    say.send("Some text ".to_owned()).unwrap();
    while answer.next().await.unwrap().data["type"] != "chunk" {}
    owner.delete(&format!("{members}/{}", colleague.user)).await.expect(204);
    // The model does not stop by itself.
    let mut last = Value::Null;
    let rest = async {
        while let Some(event) = answer.next().await {
            let _ = say.send("and more ".to_owned());
            last = event.data;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), rest).await.expect("the answer ended");
    assert_eq!(
        (&last["type"], &last["problem"]["error"]),
        (&json!("error"), &json!("not_allowed"))
    );
    let messages =
        client.get(&format!("/api/v1/conversations/{conversation}/messages")).await.expect(200);
    let answered =
        messages["messages"].as_array().unwrap().iter().find(|m| m["role"] == "assistant").unwrap();
    assert_eq!(answered["status"], "failed", "{answered:#}");
}
