//! Imports of conversations: for whom each operation works, and what becomes of a file.

use std::collections::BTreeMap;

use http::Method;
use serde_json::json;
use testkit::{App, Fixture, Operation, Reply};
use uuid::Uuid;

/// An import that has ended, and one that waits for a worker, both of the owner.
async fn world() -> Fixture {
    let app = App::new(upload_component::router()).await;
    let owner = app.database.person("owner").await;
    let colleague = app.database.colleague(owner.tenant, "colleague", "admin").await;
    let stranger = app.database.person("stranger").await;
    let [assistant, ended, waiting] = [(); 3].map(|()| Uuid::now_v7());
    let sql = "with m as (
          insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $4, 'viewer')
        ), a as (
          insert into assistants (id, tenant_id, space_id, name, created_by) values ($5, $1, $2, 'Clerk', $3)
        ), j as (
          insert into jobs (id, tenant_id, kind, status) values ($6, $1, 'import_conversations', 'succeeded'), ($7, $1, 'import_conversations', 'queued')
        )
        insert into conversation_imports (id, tenant_id, user_id, space_id, assistant_id, job_id, file_name, size_bytes)
        select i, $1, $3, $2, $5, i, 'chats.json', 2 from unnest(array[$6, $7]) i";
    let insert = sqlx::query(sql).bind(owner.tenant.0).bind(owner.space.0).bind(owner.user.0);
    let insert = insert.bind(colleague.user.0).bind(assistant).bind(ended).bind(waiting);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    let people = [("owner", owner), ("colleague", colleague), ("stranger", stranger)];
    let ids = [("assistant_id", assistant), ("import_id", ended), ("waiting_id", waiting)];
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
        Operation::new(Method::POST, "/api/v1/conversation-imports/{waiting_id}/cancel")
            .hidden_from("colleague"),
        Operation::new(Method::DELETE, one).hidden_from("colleague").answers(204),
    ]
}

async fn send(world: &Fixture, who: &str, assistant: &str, file: Vec<u8>) -> Reply {
    let path = format!(
        "/api/v1/conversation-imports?assistant_id={assistant}&filename=..%2Fchats%0A.json"
    );
    let request = world.app.post(path).as_(world.person(who));
    request.body("application/octet-stream", file).send().await
}

/// Stored files, and the reserved bytes of all of them.
async fn stored(world: &Fixture) -> (i64, i64) {
    let sql = "select count(*), coalesce(sum(size_bytes), 0)::int8 from blobs where tenant_id = $1";
    let owner = world.person("owner");
    let mut db = world.app.database.superuser_in(owner.tenant).await;
    sqlx::query_as(sql).bind(owner.tenant.0).fetch_one(&mut db).await.unwrap()
}

#[tokio::test]
async fn nobody_gets_in_without_signing_in() {
    world().await.turns_the_signed_out_away(&operations()).await;
}

#[tokio::test]
async fn an_administrator_of_another_tenant_finds_nothing() {
    world().await.hides_from_other_tenants(&operations()).await;
}

#[tokio::test]
async fn nobody_else_sees_an_import() {
    world().await.refuses_weaker_roles(&operations()).await;
}

#[tokio::test]
async fn the_owner_gets_everything_done() {
    world().await.lets_the_owner_work(&operations()).await;
}

#[tokio::test]
async fn a_file_waits_for_the_worker_under_a_clean_name() {
    let world = world().await;
    let import = send(&world, "owner", world.id("assistant_id"), b"[]".to_vec()).await.expect(202);
    assert_eq!((&import["status"], &import["file_name"]), (&json!("queued"), &json!("chats.json")));
    assert_eq!((&import["size_bytes"], &import["progress"]), (&json!(2), &json!(0)));
    assert_eq!(stored(&world).await, (1, 2));
}

#[tokio::test]
async fn a_file_that_is_refused_leaves_nothing() {
    let world = world().await;
    let assistant = world.id("assistant_id").to_owned();
    assert_eq!(send(&world, "owner", &assistant, Vec::new()).await.problem(400), "invalid_body");
    assert_eq!(
        send(&world, "stranger", &assistant, b"[]".to_vec()).await.problem(404),
        "not_found"
    );
    let none = world.app.post("/api/v1/conversation-imports?filename=a.json");
    let none = none.as_(world.person("owner")).body("application/octet-stream", "[]").send().await;
    assert_eq!(none.problem(400), "invalid_body");
    assert_eq!(stored(&world).await, (0, 0));
}

#[tokio::test]
async fn only_so_many_imports_wait_at_once() {
    let world = world().await;
    let assistant = world.id("assistant_id").to_owned();
    for _ in 0..2 {
        send(&world, "owner", &assistant, b"[]".to_vec()).await.expect(202);
    }
    assert_eq!(send(&world, "owner", &assistant, b"[]".to_vec()).await.problem(409), "conflict");
    assert_eq!(stored(&world).await.0, 2);
    let owner = world.person("owner");
    let list = world.app.get("/api/v1/conversation-imports").as_(owner).send().await.expect(200);
    let cancel = format!(
        "/api/v1/conversation-imports/{}/cancel",
        list["imports"][0]["id"].as_str().unwrap()
    );
    world.app.post(cancel).as_(owner).send().await.expect(200);
    assert_eq!(stored(&world).await.0, 1, "its file is gone at once");
}

#[tokio::test]
async fn an_import_is_deleted_only_after_its_end() {
    let world = world().await;
    let path = world.fill("/api/v1/conversation-imports/{waiting_id}");
    let owner = world.person("owner");
    let delete = async || world.app.delete(path.as_str()).as_(owner).send().await;
    assert_eq!(delete().await.problem(409), "conflict");
    let cancel = async || world.app.post(format!("{path}/cancel")).as_(owner).send().await;
    assert_eq!(cancel().await.expect(200)["status"], "cancelled");
    assert_eq!(cancel().await.problem(409), "conflict");
    assert_eq!(delete().await.status, 204);
}
