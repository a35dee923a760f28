//! Every operation of conversations: for whom it works, and for whom it does not.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use testkit::{App, Fixture, Operation};
use uuid::Uuid;

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
    let mut operations = operations_on_folders();
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

/// An assistant in the owner's space, of which a colleague is a viewer, and the owner's
/// conversation with one answer.
async fn fixture() -> Fixture {
    let app = App::new(chat_component::router()).await;
    let owner = app.database.person("owner").await;
    let colleague = app.database.colleague(owner.tenant, "colleague", "admin").await;
    let outsider = app.database.colleague(owner.tenant, "outsider", "admin").await;
    let stranger = app.database.person("stranger").await;
    let [assistant, conversation, message, share, folder] = [(); 5].map(|()| Uuid::now_v7());
    let sql = "with m as (
          insert into space_members (tenant_id, space_id, user_id, role) values ($2, $3, $7, 'viewer')
        ), a as (
          insert into assistants (id, tenant_id, space_id, name, created_by) values ($1, $2, $3, 'Clerk', $5)
        ), c as (
          insert into conversations (id, tenant_id, user_id, space_id, assistant_id) values ($4, $2, $5, $3, $1)
        )
        insert into messages (id, tenant_id, conversation_id, role, content, status) values ($6, $2, $4, 'assistant', 'At six.', 'done')";
    let insert = sqlx::query(sql)
        .bind(assistant)
        .bind(owner.tenant.0)
        .bind(owner.space.0)
        .bind(conversation);
    let insert = insert.bind(owner.user.0).bind(message).bind(colleague.user.0);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    let sql = "insert into conversation_shares (id, tenant_id, conversation_id, head_id, expires_at) values ($1, $2, $3, $4, now() + interval '1 day')";
    let insert = sqlx::query(sql).bind(share).bind(owner.tenant.0).bind(conversation).bind(message);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    let sql = "insert into conversation_folders (id, tenant_id, user_id, name) values ($1, $2, $3, 'Bylaws')";
    let insert = sqlx::query(sql).bind(folder).bind(owner.tenant.0).bind(owner.user.0);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    let people = [
        ("owner", owner),
        ("colleague", colleague),
        ("outsider", outsider),
        ("stranger", stranger),
    ];
    let ids = [
        ("assistant_id", assistant),
        ("conversation_id", conversation),
        ("message_id", message),
        ("share_id", share),
        ("folder_id", folder),
    ];
    Fixture {
        app,
        people: BTreeMap::from(people),
        ids: ids.map(|(name, id)| (name, id.to_string())).into(),
    }
}

/// Asking needs a model: `crates/conversations/tests` and `tests/whole` have it.
fn is_elsewhere(name: &str) -> bool {
    let asking = ["/messages", "/regenerate", "/continue", "/temporary"];
    name.starts_with("POST") && asking.iter().any(|end| name.ends_with(end))
}

testkit::operation_tests!(chat_component::router(), fixture, operations, except is_elsewhere);
