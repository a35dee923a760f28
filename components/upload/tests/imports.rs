//! Imports of conversations: for whom each operation works, and what becomes of a file.

use std::collections::BTreeMap;

use http::Method;
use serde_json::json;
use testkit::{App, Fixture, Operation, Reply};
use uuid::Uuid;

/// An import of the owner that waits for a worker.
async fn fixture() -> Fixture {
    let app = App::new(upload_component::router()).await;
    let owner = app.database.person("owner").await;
    let colleague = app.database.colleague(owner.tenant, "colleague", "admin").await;
    let stranger = app.database.person("stranger").await;
    let [assistant, import] = [(); 2].map(|()| Uuid::now_v7());
    let sql = "with m as (
          insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $4, 'viewer')
        ), a as (
          insert into assistants (id, tenant_id, space_id, name, created_by) values ($5, $1, $2, 'Clerk', $3)
        ), j as (
          insert into jobs (id, tenant_id, kind, status) values ($6, $1, 'import_conversations', 'queued')
        )
        insert into conversation_imports (id, tenant_id, user_id, space_id, assistant_id, job_id, file_name, size_bytes)
        values ($6, $1, $3, $2, $5, $6, 'chats.json', 2)";
    let insert = sqlx::query(sql).bind(owner.tenant.0).bind(owner.space.0).bind(owner.user.0);
    let insert = insert.bind(colleague.user.0).bind(assistant).bind(import);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    let people = [("owner", owner), ("colleague", colleague), ("stranger", stranger)];
    let ids = [("assistant_id", assistant), ("import_id", import)];
    Fixture {
        app,
        people: BTreeMap::from(people),
        ids: ids.map(|(name, id)| (name, id.to_string())).into(),
    }
}

fn operations() -> Vec<Operation> {
    let one = "/api/v1/conversation-imports/{import_id}";
    vec![
        Operation::new(Method::GET, "/api/v1/conversation-imports"),
        Operation::new(Method::GET, one).hidden_from("colleague"),
        Operation::new(Method::POST, "/api/v1/conversation-imports/{import_id}/cancel")
            .hidden_from("colleague"),
        Operation::new(Method::DELETE, one).hidden_from("colleague").answers(204),
    ]
}

async fn send(fixture: &Fixture, who: &str, assistant: &str, file: Vec<u8>) -> Reply {
    let path = format!(
        "/api/v1/conversation-imports?assistant_id={assistant}&filename=..%2Fchats%0A.json"
    );
    let request = fixture.app.post(path).as_(fixture.person(who));
    request.body("application/octet-stream", file).send().await
}

/// Stored files, and the reserved bytes of all of them.
async fn stored(fixture: &Fixture) -> (i64, i64) {
    let sql = "select count(*), coalesce(sum(size_bytes), 0)::int8 from blobs where tenant_id = $1";
    let owner = fixture.person("owner");
    let mut db = fixture.app.database.superuser_in(owner.tenant).await;
    sqlx::query_as(sql).bind(owner.tenant.0).fetch_one(&mut db).await.unwrap()
}

/// In `documents`; and making an import, which names the assistant in its query, below.
fn is_elsewhere(name: &str) -> bool {
    !name.contains("/conversation-imports") || name == "POST /api/v1/conversation-imports"
}

testkit::operation_tests!(upload_component::router(), fixture, operations, except is_elsewhere);

#[tokio::test]
async fn a_file_waits_for_the_worker_under_a_clean_name() {
    let fixture = fixture().await;
    let import =
        send(&fixture, "owner", fixture.id("assistant_id"), b"[]".to_vec()).await.expect(202);
    assert_eq!((&import["status"], &import["file_name"]), (&json!("queued"), &json!("chats.json")));
    assert_eq!((&import["size_bytes"], &import["progress"]), (&json!(2), &json!(0)));
    assert_eq!(stored(&fixture).await, (1, 2));
}

#[tokio::test]
async fn a_file_that_is_refused_leaves_nothing() {
    let fixture = fixture().await;
    let assistant = fixture.id("assistant_id").to_owned();
    assert_eq!(send(&fixture, "owner", &assistant, Vec::new()).await.problem(400), "invalid_body");
    assert_eq!(
        send(&fixture, "stranger", &assistant, b"[]".to_vec()).await.problem(404),
        "not_found"
    );
    let none = fixture.app.post("/api/v1/conversation-imports?filename=a.json");
    let none =
        none.as_(fixture.person("owner")).body("application/octet-stream", "[]").send().await;
    assert_eq!(none.problem(400), "invalid_body");
    assert_eq!(stored(&fixture).await, (0, 0));
}

#[tokio::test]
async fn only_so_many_imports_wait_at_once() {
    let fixture = fixture().await;
    let assistant = fixture.id("assistant_id").to_owned();
    for _ in 0..2 {
        send(&fixture, "owner", &assistant, b"[]".to_vec()).await.expect(202);
    }
    assert_eq!(send(&fixture, "owner", &assistant, b"[]".to_vec()).await.problem(409), "conflict");
    assert_eq!(stored(&fixture).await.0, 2);
    let owner = fixture.person("owner");
    let list = fixture.app.get("/api/v1/conversation-imports").as_(owner).send().await.expect(200);
    let cancel = format!(
        "/api/v1/conversation-imports/{}/cancel",
        list["imports"][0]["id"].as_str().unwrap()
    );
    fixture.app.post(cancel).as_(owner).send().await.expect(200);
    assert_eq!(stored(&fixture).await.0, 1, "its file is gone at once");
}

#[tokio::test]
async fn an_import_is_deleted_only_after_its_end() {
    let fixture = fixture().await;
    let path = fixture.fill("/api/v1/conversation-imports/{import_id}");
    let owner = fixture.person("owner");
    let delete = async || fixture.app.delete(path.as_str()).as_(owner).send().await;
    assert_eq!(delete().await.problem(409), "conflict");
    let cancel = async || fixture.app.post(format!("{path}/cancel")).as_(owner).send().await;
    assert_eq!(cancel().await.expect(200)["status"], "cancelled");
    assert_eq!(cancel().await.problem(409), "conflict");
    assert_eq!(delete().await.status, 204);
}
