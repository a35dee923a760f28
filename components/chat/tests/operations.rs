//! Every operation of conversations: for whom it works, and for whom it does not.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use testkit::{Fixture, Operation};
use uuid::Uuid;

use crate::{
    provider,
    rows::{self, stream},
};

fn get(path: &'static str) -> Operation {
    Operation::new(Method::GET, path)
}

fn with(method: Method, path: &'static str, body: Value) -> Operation {
    Operation::new(method, path).with(body).hidden_from("colleague")
}

/// In an order in which the owner of a conversation can do them all. A colleague in the same space
/// sees the assistant, not the conversation.
fn operations() -> Vec<Operation> {
    let rating = json!({ "rating": 1, "comment": "Right" });
    let mut operations = [operations_on_folders(), questions()].concat();
    operations.extend([
        get("/api/v1/conversations"),
        Operation::new(Method::POST, "/api/v1/conversations")
            .with(json!({ "assistant_id": "{assistant_id}" }))
            .hidden_from("outsider")
            .answers(201),
        Operation::new(Method::POST, "/api/v1/conversations/search")
            .with(json!({ "query": "hours" })),
        get("/api/v1/conversations/{conversation_id}").hidden_from("colleague"),
        with(
            Method::PATCH,
            "/api/v1/conversations/{conversation_id}",
            json!({ "title": "Hours", "pinned": true }),
        ),
        with(
            Method::PUT,
            "/api/v1/conversations/{conversation_id}/path",
            json!({ "message_id": "{message_id}" }),
        ),
        get("/api/v1/conversations/{conversation_id}/messages").hidden_from("colleague"),
        get("/api/v1/messages/{message_id}/stream").hidden_from("colleague"),
        Operation::new(Method::POST, "/api/v1/messages/{message_id}/stop")
            .hidden_from("colleague")
            .answers(204),
        with(Method::PUT, "/api/v1/messages/{message_id}/feedback", rating),
        get("/api/v1/messages/{message_id}/feedback").hidden_from("colleague"),
        Operation::new(Method::DELETE, "/api/v1/messages/{message_id}/feedback")
            .hidden_from("colleague")
            .keeps_its_page()
            .answers(204),
        get("/api/v1/conversations/{conversation_id}/export").hidden_from("colleague"),
        get("/api/v1/conversations/{conversation_id}/shares").hidden_from("colleague"),
        with(
            Method::POST,
            "/api/v1/conversations/{conversation_id}/shares",
            json!({ "expires_in_days": 1 }),
        )
        .answers(201),
        get("/api/v1/shared-conversations/{share_id}"),
        get("/api/v1/shared-conversations/{share_id}/messages"),
        Operation::new(Method::DELETE, "/api/v1/conversation-shares/{share_id}")
            .hidden_from("colleague")
            .keeps_its_page()
            .answers(204),
        Operation::new(Method::DELETE, "/api/v1/conversations/{conversation_id}")
            .hidden_from("colleague")
            .answers(204),
        Operation::new(Method::POST, "/api/v1/conversations/{conversation_id}/restore")
            .hidden_from("colleague"),
    ]);
    operations
}

/// Folders and tags, while the conversation is there.
fn operations_on_folders() -> Vec<Operation> {
    vec![
        with(
            Method::PATCH,
            "/api/v1/conversations/{conversation_id}",
            json!({ "folder_id": "{folder_id}", "tags": ["Work"] }),
        ),
        get("/api/v1/conversation-folders"),
        Operation::new(Method::POST, "/api/v1/conversation-folders")
            .with(json!({ "name": "Statutes" }))
            .answers(201),
        get("/api/v1/conversation-folders/{folder_id}").hidden_from("colleague"),
        with(
            Method::PATCH,
            "/api/v1/conversation-folders/{folder_id}",
            json!({ "name": "Old statutes" }),
        ),
        get("/api/v1/conversation-tags").is_no_list(),
        Operation::new(Method::DELETE, "/api/v1/conversation-folders/{folder_id}")
            .hidden_from("colleague")
            .answers(204),
    ]
}

/// Questions, while the last answer lacks its end.
fn questions() -> Vec<Operation> {
    let question = json!({ "content": "When do you close?" });
    let temporary = json!({ "assistant_id": "{assistant_id}", "content": "When do you close?" });
    vec![
        Operation::new(Method::POST, "/api/v1/messages/{message_id}/continue")
            .hidden_from("colleague"),
        with(Method::POST, "/api/v1/messages/{message_id}/regenerate", json!({})),
        with(Method::POST, "/api/v1/conversations/{conversation_id}/messages", question)
            .answers_something_else(),
        Operation::new(Method::POST, "/api/v1/completions/temporary")
            .with(temporary)
            .hidden_from("outsider"),
    ]
}

/// An answer that its model did not end.
fn half_an_answer() -> provider::Reply {
    stream(&[
        json!({ "type": "model", "id": Uuid::nil(), "name": "m-2", "title": "Model Two" }),
        json!({ "type": "text", "text": "At" }),
        json!({ "type": "finish", "reason": "length" }),
        json!({ "type": "done", "attempts": [] }),
    ])
}

/// An assistant in the owner's space, of which a colleague is a viewer, and the owner's
/// conversation with one answer.
async fn fixture() -> Fixture {
    let asked = rows::fixture(|_, _| half_an_answer()).await;
    let path = asked.conversation().await;
    let answer = asked.ask_in(&path).await.expect(200);
    let rows::Fixture { app, owner, assistant, .. } = asked;
    let colleague = app.database.colleague(owner.tenant, "colleague", "admin").await;
    let outsider = app.database.colleague(owner.tenant, "outsider", "admin").await;
    let stranger = app.database.person("stranger").await;
    let [share, folder] = [(); 2].map(|()| Uuid::now_v7());
    let id = |name: &str| answer[name].as_str().unwrap().to_owned();
    let sql = "with m as (
          insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $4, 'viewer')
        ), f as (
          insert into conversation_folders (id, tenant_id, user_id, name) values ($5, $1, $3, 'Bylaws')
        )
        insert into conversation_shares (id, tenant_id, conversation_id, head_id, expires_at)
        values ($6, $1, $7::uuid, $8::uuid, now() + interval '1 day')";
    let insert = sqlx::query(sql).bind(owner.tenant.0).bind(owner.space.0).bind(owner.user.0);
    let insert = insert.bind(colleague.user.0).bind(folder).bind(share);
    let insert = insert.bind(uuid(&answer["conversation_id"])).bind(uuid(&answer["message_id"]));
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    let ids = [
        ("assistant_id", assistant.to_string()),
        ("conversation_id", id("conversation_id")),
        ("message_id", id("message_id")),
        ("share_id", share.to_string()),
        ("folder_id", folder.to_string()),
    ];
    let people = [
        ("owner", owner),
        ("colleague", colleague),
        ("outsider", outsider),
        ("stranger", stranger),
    ];
    Fixture { app, people: BTreeMap::from(people), ids: BTreeMap::from(ids) }
}

fn uuid(id: &Value) -> Uuid {
    id.as_str().unwrap().parse().unwrap()
}

testkit::operation_tests!(chat_component::router(), fixture, operations);
