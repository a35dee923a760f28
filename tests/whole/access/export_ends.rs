//! Exports that are still being read when the right to them ends.

use futures::StreamExt;
use http::Method;
use serde_json::json;
use testkit::Person;
use tests::{client::Client, stack::Stack};

use super::{
    audit::reading,
    rights::{self, Ending},
};

/// More than all buffers on the way hold.
const SIZE: usize = 48 << 20;

/// Begins to read a file as the member, ends their access, and reads on; returns how many bytes
/// came.
async fn bytes_until(
    ending: Option<Ending>,
    member: (&Client, &Person),
    space: &str,
    watcher: &Client,
    path: &str,
) -> usize {
    let response = member.0.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut pieces = Box::pin(response.bytes_stream());
    let first = pieces.next().await.unwrap().unwrap().len();
    if let Some(ending) = ending {
        ending.happen(member.1, space).await;
    }
    rights::looks(watcher, 3).await;
    first + rights::read(&mut pieces).await
}

/// The path of an export of the audit log that the worker has written, and that is then made large.
async fn large_audit_export(admin: &Client) -> String {
    let asked = json!({ "reading": reading(admin).await, "format": "csv" });
    let export = admin.post("/api/v1/admin/audit/exports", &asked).await.expect(202);
    let id = export["id"].as_str().unwrap();
    let path = format!("/api/v1/admin/audit/exports/{id}");
    let ready = async { while admin.get(&path).await.expect(200)["state"] == "queued" {} };
    let within = std::time::Duration::from_secs(30);
    tokio::time::timeout(within, ready).await.expect("no worker wrote it");
    let mut db = Stack::shared().database.superuser().await;
    let id: uuid::Uuid = id.parse().unwrap();
    for sql in [
        "insert into audit_export_pieces (tenant_id, export_id, seq, text)
         select p.tenant_id, p.export_id, p.seq + n, repeat('x', 1048576)
           from (select * from audit_export_pieces where export_id = $1 order by seq desc limit 1) p, generate_series(1, 48) n",
        "update audit_exports set size_bytes = (select sum(octet_length(text)) from audit_export_pieces where export_id = $1) where id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(&mut db).await.unwrap();
    }
    format!("{path}/content")
}

#[tokio::test]
async fn an_export_of_the_audit_log_stops_when_access_ends() {
    let stack = Stack::shared();
    for ending in [None, Some(Ending::Deactivated), Some(Ending::SignedOut)] {
        let (boss, person) = stack.person("boss").await;
        let second = stack.database.colleague(person.tenant, "second", "admin").await;
        let admin = stack.sign_in(&second).await;
        let path = large_audit_export(&admin).await;
        let space = uuid::Uuid::nil().to_string();
        let came = bytes_until(ending, (&admin, &second), &space, &boss, &path).await;
        assert_eq!(came >= SIZE, ending.is_none(), "{ending:?}: {came} bytes came");
    }
}

#[tokio::test]
async fn an_export_of_a_long_conversation_stops_when_access_ends() {
    for ending in [None, Some(Ending::Deactivated), Some(Ending::SignedOut)] {
        let fixture = rights::fixture("viewer").await;
        let conversation = rights::conversation(&fixture).await;
        let member = &fixture.member_person;
        let mut db = Stack::shared().database.superuser_in(member.tenant).await;
        // A message without a place continues the conversation.
        let sql = "insert into messages (id, tenant_id, conversation_id, role, content)
            select gen_random_uuid(), tenant_id, id, $2, repeat('å', 400000) from conversations where id = $1";
        for at in 0..64 {
            let role = if at % 2 == 0 { "user" } else { "assistant" };
            let insert = sqlx::query(sql).bind(conversation.parse::<uuid::Uuid>().unwrap());
            insert.bind(role).execute(&mut db).await.unwrap();
        }
        let path = format!("/api/v1/conversations/{conversation}/export");
        let reader = (&fixture.member, member);
        let came = bytes_until(ending, reader, &fixture.space, &fixture.owner, &path).await;
        assert_eq!(came >= SIZE, ending.is_none(), "{ending:?}: {came} bytes came");
    }
}
