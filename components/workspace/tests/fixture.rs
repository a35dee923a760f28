//! A space with users of every role, and one of every resource in it.

use std::collections::BTreeMap;

use kernel::id::SpaceId;
use serde_json::{Value, json};
use testkit::{App, Fixture, Person};
use uuid::Uuid;

pub(crate) async fn fixture() -> Fixture {
    let app = App::new(workspace_component::router()).await;
    let owner = app.database.person("owner").await;
    let mut people = BTreeMap::from([("stranger", app.database.person("stranger").await)]);
    for name in ["editor", "viewer", "outsider", "newcomer"] {
        people.insert(name, app.database.colleague(owner.tenant, name, "user").await);
    }
    let space = create(&app, &owner, "/api/v1/spaces", &json!({ "name": "Council" })).await;
    for role in ["editor", "viewer"] {
        let member = json!({ "user_id": people[role].user.to_string(), "role": role });
        let members = app.post(format!("/api/v1/spaces/{space}/members"));
        members.as_(&owner).json(&member).send().await.expect(201);
    }
    let group = group(&app, &owner, "Readers").await;
    let given = json!({ "group_id": group, "role": "viewer" });
    let groups = app.post(format!("/api/v1/spaces/{space}/groups"));
    groups.as_(&owner).json(&given).send().await.expect(201);
    let named = json!({ "space_id": space, "name": "Statutes" });
    let collection = create(&app, &owner, "/api/v1/collections", &named).await;
    let assistant = create(&app, &owner, "/api/v1/assistants", &named).await;
    let named = json!({ "space_id": space, "command": "minutes", "title": "Minutes", "text": "Summarise the minutes." });
    let prompt = create(&app, &owner, "/api/v1/prompts", &named).await;
    let (document, chunk) = document(&app, &owner, &space, &collection).await;
    let named = json!({ "space_id": space, "name": "Municipality", "settings": { "start_urls": ["https://example.org"] } });
    let website = create(&app, &owner, "/api/v1/websites", &named).await;
    let run =
        app.post(format!("/api/v1/websites/{website}/runs")).as_(&owner).send().await.expect(202);
    app.post(format!("/api/v1/websites/{website}/check"))
        .as_(&owner)
        .json(&json!({}))
        .send()
        .await
        .expect(202);
    let page = page(&app, &owner, &website).await;
    let ids = BTreeMap::from([
        ("space_id", space),
        ("user_id", people["viewer"].user.to_string()),
        ("newcomer_id", people["newcomer"].user.to_string()),
        ("other_group_id", self::group(&app, &owner, "Writers").await),
        ("group_id", group),
        ("collection_id", collection),
        ("assistant_id", assistant),
        ("prompt_id", prompt),
        ("document_id", document),
        ("chunk_id", chunk),
        ("page", "1".to_owned()),
        ("website_id", website),
        ("run_id", run["id"].as_str().unwrap().to_owned()),
        ("page_id", page),
    ]);
    people.insert("owner", owner);
    Fixture { app, people, ids }
}

/// Creates a resource and returns its id.
async fn create(app: &App, person: &Person, path: &str, body: &Value) -> String {
    let created = app.post(path).as_(person).json(body).send().await.expect(201);
    created["id"].as_str().unwrap().to_owned()
}

/// A group of the tenant.
async fn group(app: &App, of: &Person, name: &str) -> String {
    let (id, sql) =
        (Uuid::now_v7(), "insert into user_groups (id, tenant_id, name) values ($1, $2, $3)");
    let insert = sqlx::query(sql).bind(id).bind(of.tenant.0).bind(name);
    insert.execute(&mut app.database.superuser_in(of.tenant).await).await.unwrap();
    id.to_string()
}

/// A page of a website that could not be fetched.
async fn page(app: &App, of: &Person, website: &str) -> String {
    let id = Uuid::now_v7();
    let sql = "insert into website_pages (id, tenant_id, website_id, url, state) values ($1, $2, $3, 'https://example.org/', 'failed')";
    let insert = sqlx::query(sql).bind(id).bind(of.tenant.0).bind(website.parse::<Uuid>().unwrap());
    insert.execute(&mut app.database.superuser_in(of.tenant).await).await.unwrap();
    id.to_string()
}

/// A document of one page and one chunk, whose processing failed at the end.
async fn document(app: &App, of: &Person, space: &str, collection: &str) -> (String, String) {
    let (blob, document, chunk) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let space: SpaceId = space.parse().unwrap();
    let sql = "with b as (
          insert into blobs (id, tenant_id, size_bytes, sha256) values ($1, $2, 5, '\\x00')
        ), p as (
          insert into blob_chunks (tenant_id, blob_id, seq, bytes) values ($2, $1, 0, 'bytes')
        ), d as (
          insert into documents (id, tenant_id, space_id, collection_id, blob_id, title, filename, size_bytes, sha256, status, failure_code, created_by)
          values ($3, $2, $4, $5, $1, 'Statutes', 'statutes.md', 5, '\\x00', 'failed', 'timeout', $6)
        ), t as (
          insert into document_pages (tenant_id, document_id, page, text) values ($2, $3, 1, 'The chair is elected.')
        )
        insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding, tsv)
        values ($7, $2, $4, (select index_id from collections where id = $5), $3, 0, 1, 0, 21, 'The chair is elected.', 4, array_fill(0.1::real, array[384])::halfvec, to_tsvector('english', 'chair'))";
    let insert = sqlx::query(sql).bind(blob).bind(of.tenant.0).bind(document).bind(space.0);
    let insert = insert.bind(collection.parse::<Uuid>().unwrap()).bind(of.user.0).bind(chunk);
    insert.execute(&mut app.database.superuser_in(of.tenant).await).await.unwrap();
    (document.to_string(), chunk.to_string())
}
