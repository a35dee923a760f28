//! Tenant isolation beyond the matrix of routes (`matrix`).

use std::sync::atomic::Ordering::Relaxed;

use futures::StreamExt;
use serde_json::json;
use tests::{
    client::{Client, Event},
    isolation_load::{self, Until},
    stack::Stack,
};

use crate::{contract::matrix::say, resources::owner_of_everything};

#[tokio::test]
async fn search_and_lists_show_nothing_of_another_tenant_even_by_its_ids() {
    let resources = owner_of_everything().await;
    let (stranger, _) = Stack::shared().person("stranger").await;
    let query = json!({ "query": "vault number forty-two", "collection_ids": [resources.id("collection_id")] });
    assert_eq!(stranger.post("/api/v1/search", &query).await.expect(200)["total"], 0);
    let by_space = json!({ "query": "vault", "space_id": resources.id("space_id") });
    stranger.post("/api/v1/search", &by_space).await.expect(404);
    for (path, name) in [
        ("/api/v1/documents", "documents"),
        ("/api/v1/jobs", "jobs"),
        ("/api/v1/conversations", "conversations"),
    ] {
        assert_eq!(stranger.get(path).await.expect(200)[name], json!([]), "{path}");
    }
    assert_eq!(
        stranger.get("/api/v1/spaces").await.expect(200)["total"],
        1,
        "only the personal one"
    );
}

/// All text of a stream, up to the first event about this document.
async fn received_until(
    mut events: impl futures::Stream<Item = Event> + Unpin,
    document: &str,
) -> String {
    let mut received = String::new();
    let reading = async {
        while let Some(event) = events.next().await {
            received.push_str(&event.data.to_string());
            if event.data["document_id"] == document {
                return;
            }
        }
        panic!("the stream ended before an event about {document}");
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), reading)
        .await
        .expect("no word of the document in 60 s");
    received
}

#[tokio::test]
async fn event_streams_send_nothing_to_other_tenants_or_colleagues_without_a_role() {
    let stack = Stack::shared();
    let (owner, person) = stack.person("owner").await;
    let (_, theirs) = owner.collection("Theirs").await;
    let mut first = owner.events("/api/v1/events", None).await;
    // A document and its job.
    let upload = async |client: &Client, collection: &str| {
        let accepted =
            client.upload(collection, "a.txt", "Some text of a document.").await.expect(202);
        ["document", "job"].map(|part| accepted[part]["id"].as_str().unwrap().to_owned())
    };
    let mut secret = upload(&owner, &theirs).await.to_vec();
    let resumed_from = first.next().await.unwrap().id;
    let colleague = stack.database.colleague(person.tenant, "colleague", "user").await;
    for client in [stack.person("stranger").await.0, stack.sign_in(&colleague).await] {
        let (_, own) = client.collection("Own").await;
        // From now on, and again from a position that only the owner's client could know.
        let live = client.events("/api/v1/events", None).await;
        let resumed = client.events("/api/v1/events", Some(&resumed_from)).await;
        secret.extend(upload(&owner, &theirs).await);
        let [last, _] = upload(&client, &own).await;
        for received in [received_until(live, &last).await, received_until(resumed, &last).await] {
            assert!(
                secret.iter().all(|id| !received.contains(id)),
                "leaked {secret:?}: {received}"
            );
        }
    }
}

#[tokio::test]
async fn every_tenant_table_has_forced_row_level_security_and_no_role_bypasses_it() {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p')
          and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
          and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))";
    let open: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(open, Vec::<String>::new());
    let sql = "select rolname from pg_roles where rolname like 'tessera%' and (rolbypassrls or rolsuper or rolcreaterole)";
    let mighty: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(mighty, Vec::<String>::new());
}

#[tokio::test]
async fn every_table_of_assistants_is_limited_to_the_assistant_of_a_key() {
    let mut db = Stack::shared().database.superuser().await;
    // The keys themselves are read before the request is limited to an assistant, and such a key
    // has no access to their routes. A collection of attachments is found by its conversation,
    // which is limited.
    let sql = "select distinct c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname not in ('api_keys', 'collections')
          and a.attname in ('assistant_id', 'conversation_id', 'message_id') and not a.attisdropped
          and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'one_assistant' and not p.polpermissive)";
    let open: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(open, Vec::<String>::new());
}

#[tokio::test]
async fn a_component_that_forgets_the_tenant_sees_no_rows() {
    let database = &Stack::shared().database;
    let source = database.source("tessera_workspace").await;
    let db = platform::pg::Db::new(source, None);
    let row = db.one("select count(*) as n from spaces", &[]).await.unwrap();
    assert_eq!(row.get::<i64>("n").unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_in_trapping_instances_get_no_row_of_each_other() {
    let seen = isolation_load::run(Until::Answers(4_000)).await;
    say(&format!("crowd: {seen}"));
    assert!(seen.foreign.lock().unwrap().is_empty(), "{seen:#?}");
    // A load without faults would prove nothing. How often an instance traps depends on the
    // machine: the line above prints it.
    let troubles = [&seen.cut, &seen.killed, &seen.hidden].map(|count| count.load(Relaxed));
    assert!(troubles.iter().all(|count| *count >= 10), "{seen:#?}");
}
