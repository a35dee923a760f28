//! Moving documents to another collection over HTTP.

use serde_json::{Value, json};
use testkit::{App, Person, Reply};
use uuid::Uuid;

/// Two spaces with a collection each, and people with a role in one or both.
struct Fixture {
    app: App,
    owner: Person,
    /// Edits the first space, reads the second.
    source_editor: Person,
    /// Reads the first space, edits the second.
    target_editor: Person,
    /// Edits the first space only.
    outsider: Person,
    spaces: [String; 2],
    collections: [String; 2],
}

async fn fixture() -> Fixture {
    let app = App::new(workspace_component::router()).await;
    let owner = app.database.person("owner").await;
    let [source_editor, target_editor, outsider] = [
        app.database.colleague(owner.tenant, "source", "user").await,
        app.database.colleague(owner.tenant, "target", "user").await,
        app.database.colleague(owner.tenant, "outsider", "user").await,
    ];
    let (mut spaces, mut collections) = (Vec::new(), Vec::new());
    for name in ["Source", "Target"] {
        let space = create(&app, &owner, "/api/v1/spaces", &json!({ "name": name })).await;
        let shelf = json!({ "space_id": space, "name": name });
        collections.push(create(&app, &owner, "/api/v1/collections", &shelf).await);
        spaces.push(space);
    }
    for (at, person, role) in [
        (0, &source_editor, "editor"),
        (1, &source_editor, "viewer"),
        (0, &target_editor, "viewer"),
        (1, &target_editor, "editor"),
        (0, &outsider, "editor"),
    ] {
        let member = json!({ "user_id": person.user.to_string(), "role": role });
        let members = app.post(format!("/api/v1/spaces/{}/members", spaces[at]));
        members.as_(&owner).json(&member).send().await.expect(201);
    }
    let spaces = spaces.try_into().unwrap();
    let collections = collections.try_into().unwrap();
    Fixture { app, owner, source_editor, target_editor, outsider, spaces, collections }
}

async fn create(app: &App, person: &Person, path: &str, body: &Value) -> String {
    let created = app.post(path).as_(person).json(body).send().await.expect(201);
    created["id"].as_str().unwrap().to_owned()
}

fn reason(refused: &Value) -> &str {
    refused["reason"]["code"].as_str().unwrap_or_default()
}

impl Fixture {
    async fn change(&self, sql: &'static str, id: &str) {
        let mut db = self.app.database.superuser_in(self.owner.tenant).await;
        let id: Uuid = id.parse().unwrap();
        assert!(sqlx::query(sql).bind(id).execute(&mut db).await.unwrap().rows_affected() > 0);
    }

    /// A document of one chunk in the first collection.
    async fn document(&self, status: &str) -> String {
        let id = Uuid::now_v7();
        let sql = "with d as (
              insert into documents (id, tenant_id, space_id, collection_id, title, filename, sha256, status, page_count, chunk_count, created_by, names)
              select $1, c.tenant_id, c.space_id, c.id, 'Statutes', 'statutes.md', '\\x00', $3, 1, 1, $4,
                     setweight(to_tsvector('english', 'statutes'), 'A') || array_to_tsvector(array['@' || c.tenant_id, '@' || c.id])
                from collections c where c.id = $2
            )
            insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding, tsv)
            select $1, c.tenant_id, c.space_id, c.index_id, $1, 0, 1, 0, 5, 'Chair', 1, array_fill(0.1::real, array[384])::halfvec,
                   to_tsvector('english', 'chair')
              from collections c where c.id = $2";
        let collection: Uuid = self.collections[0].parse().unwrap();
        let insert =
            sqlx::query(sql).bind(id).bind(collection).bind(status).bind(self.owner.user.0);
        let mut db = self.app.database.superuser_in(self.owner.tenant).await;
        insert.execute(&mut db).await.unwrap();
        id.to_string()
    }

    async fn patch(&self, person: &Person, document: &str, body: &Value) -> Reply {
        let path = format!("/api/v1/documents/{document}");
        self.app.patch(path).as_(person).json(body).send().await
    }

    async fn move_by(&self, person: &Person, document: &str) -> Reply {
        self.patch(person, document, &json!({ "collection_id": self.collections[1] })).await
    }

    /// Moves as the owner; why it is refused.
    async fn refusal(&self, document: &str, collection: &str) -> String {
        let body = json!({ "collection_id": collection });
        reason(&self.patch(&self.owner, document, &body).await.expect(409)).to_owned()
    }

    async fn is_in(&self, document: &str, at: usize) -> bool {
        let path = format!("/api/v1/documents/{document}");
        let found = self.app.get(path).as_(&self.owner).send().await.expect(200);
        found["collection_id"] == self.collections[at].as_str()
            && found["space_id"] == self.spaces[at].as_str()
    }

    async fn document_counts(&self) -> [i64; 2] {
        let mut counts = [0; 2];
        for (count, collection) in counts.iter_mut().zip(&self.collections) {
            let path = format!("/api/v1/collections/{collection}");
            let found = self.app.get(path).as_(&self.owner).send().await.expect(200);
            *count = found["document_count"].as_i64().unwrap();
        }
        counts
    }
}

#[tokio::test]
async fn a_moved_document_is_in_the_other_collection_at_once() {
    let fixture = fixture().await;
    let document = fixture.document("ready").await;
    let body = json!({ "collection_id": fixture.collections[1], "title": "Rules" });
    let moved = fixture.patch(&fixture.owner, &document, &body).await.expect(200);
    assert_eq!(
        (&moved["status"], &moved["title"], &moved["page_count"], &moved["chunk_count"]),
        (&json!("indexing"), &json!("Rules"), &json!(1), &json!(1))
    );
    assert!(moved["job_id"].is_string() && fixture.is_in(&document, 1).await);
    assert_eq!(fixture.document_counts().await, [0, 1]);
    let mut db = fixture.app.database.superuser_in(fixture.owner.tenant).await;
    let names = "select names::text from documents where id = $1";
    let names: String = sqlx::query_scalar(names)
        .bind(document.parse::<Uuid>().unwrap())
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(names.contains(&fixture.collections[1]) && !names.contains(&fixture.collections[0]));
    let entries =
        "select before ->> 'collection_id' || ' ' || (after ->> 'collection_id') from audit_entries
        where action = 'document.update' and after ? 'collection_id'";
    let entry: String = sqlx::query_scalar(entries).fetch_one(&mut db).await.unwrap();
    assert_eq!(entry, fixture.collections.join(" "));
}

#[tokio::test]
async fn moving_to_where_it_is_changes_nothing() {
    let fixture = fixture().await;
    let document = fixture.document("ready").await;
    let body = json!({ "collection_id": fixture.collections[0] });
    let same = fixture.patch(&fixture.owner, &document, &body).await.expect(200);
    assert_eq!((&same["status"], &same["job_id"]), (&json!("ready"), &Value::Null));
    let nothing = fixture.patch(&fixture.owner, &document, &json!({})).await.expect(400);
    assert_eq!(nothing["errors"][0]["reason"]["code"], "nothing_to_change");
}

#[tokio::test]
async fn moving_needs_the_right_to_edit_both_spaces() {
    let fixture = fixture().await;
    let document = fixture.document("ready").await;
    assert_eq!(
        fixture.move_by(&fixture.source_editor, &document).await.problem(403),
        "not_allowed"
    );
    assert_eq!(
        fixture.move_by(&fixture.target_editor, &document).await.problem(403),
        "not_allowed"
    );
    assert_eq!(fixture.move_by(&fixture.outsider, &document).await.problem(404), "not_found");
    let stranger = fixture.app.database.person("stranger").await;
    assert_eq!(fixture.move_by(&stranger, &document).await.problem(404), "not_found");
    let named = json!({ "space_id": stranger.space.to_string(), "name": "Foreign" });
    let foreign = create(&fixture.app, &stranger, "/api/v1/collections", &named).await;
    for collection in [foreign.as_str(), "no-id", &Uuid::now_v7().to_string()] {
        let body = json!({ "collection_id": collection });
        let refused = fixture.patch(&fixture.owner, &document, &body).await.problem(404);
        assert_eq!(refused, "not_found", "{collection}");
    }
    assert!(fixture.is_in(&document, 0).await);
}

#[tokio::test]
async fn a_document_that_is_worked_on_stays() {
    let fixture = fixture().await;
    for status in ["uploading", "processing", "indexing"] {
        let document = fixture.document(status).await;
        assert_eq!(fixture.refusal(&document, &fixture.collections[1]).await, "document_busy");
    }
    let failed = fixture.document("failed").await;
    fixture.change("update documents set sha256 = null where id = $1", &failed).await;
    assert_eq!(fixture.refusal(&failed, &fixture.collections[1]).await, "document_incomplete");
    assert_eq!(fixture.document_counts().await, [4, 0]);
}

#[tokio::test]
async fn a_failed_document_and_one_for_another_model_are_processed_again() {
    let fixture = fixture().await;
    let failed = fixture.document("failed").await;
    let moved = fixture.move_by(&fixture.owner, &failed).await.expect(200);
    assert_eq!((&moved["status"], &moved["failure"]), (&json!("processing"), &Value::Null));
    let other = "update collections set embedding_model = 'multilingual-e5-small' where id = $1";
    fixture.change(other, &fixture.collections[1]).await;
    let ready = fixture.document("ready").await;
    let moved = fixture.move_by(&fixture.owner, &ready).await.expect(200);
    assert_eq!(moved["status"], "processing");
}

#[tokio::test]
async fn collections_of_websites_and_conversations_keep_what_they_have() {
    let fixture = fixture().await;
    let document = fixture.document("ready").await;
    let named = json!({ "space_id": fixture.spaces[1], "name": "Municipality", "settings": { "start_urls": ["https://example.org"] } });
    let website = fixture.app.post("/api/v1/websites").as_(&fixture.owner).json(&named);
    let website = website.send().await.expect(201)["collection_id"].as_str().unwrap().to_owned();
    assert_eq!(fixture.refusal(&document, &website).await, "website_collection");
    let attached = "update collections set for_attachments = true where id = $1";
    fixture.change(attached, &fixture.collections[1]).await;
    let target = &fixture.collections[1];
    assert_eq!(fixture.refusal(&document, target).await, "attachment_collection");
    let into = "update documents d set collection_id = c.id, space_id = c.space_id from collections c where c.id = $1";
    for (collection, expected) in
        [(&website, "website_collection"), (target, "attachment_collection")]
    {
        fixture.change(into, collection).await;
        assert_eq!(fixture.refusal(&document, &fixture.collections[0]).await, expected);
    }
}

#[tokio::test]
async fn nothing_moves_while_one_of_the_collections_is_reembedded() {
    let fixture = fixture().await;
    let document = fixture.document("ready").await;
    for collection in &fixture.collections {
        let moving = "update collections set next_index_id = id, next_embedding_model = embedding_model, reembed_job_id = id where id = $1";
        fixture.change(moving, collection).await;
        assert_eq!(fixture.refusal(&document, &fixture.collections[1]).await, "reembed_running");
        let done = "update collections set next_index_id = null, next_embedding_model = null, reembed_job_id = null where id = $1";
        fixture.change(done, collection).await;
    }
    fixture.move_by(&fixture.owner, &document).await.expect(200);
}

#[tokio::test]
async fn moving_and_deleting_at_once_leave_one_document_or_none() {
    let fixture = fixture().await;
    for _ in 0..8 {
        let document = fixture.document("ready").await;
        let path = format!("/api/v1/documents/{document}");
        let (moved, deleted) = tokio::join!(
            fixture.move_by(&fixture.owner, &document),
            fixture.app.delete(&path).as_(&fixture.owner).send()
        );
        let left = fixture.app.get(&path).as_(&fixture.owner).send().await.status;
        match (moved.status, deleted.status) {
            // It was in another space by then, where the right was not asked for.
            (200, 404) => assert_eq!(left, 200),
            (200 | 404 | 409, 204) => assert_eq!(left, 404),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn members_of_the_former_space_do_not_retry_its_jobs() {
    let fixture = fixture().await;
    let document = fixture.document("failed").await;
    let retry = format!("/api/v1/documents/{document}/retry");
    let job = fixture.app.post(retry).as_(&fixture.outsider).send().await.expect(202);
    let failed = "update documents set status = 'failed' where id = $1";
    fixture.change(failed, &document).await;
    assert_eq!(fixture.refusal(&document, &fixture.collections[1]).await, "document_busy");
    fixture.change("update jobs set status = 'failed' where document_id = $1", &document).await;
    fixture.move_by(&fixture.owner, &document).await.expect(200);
    let sql = "select space_id::text from jobs where id = $1";
    let space: String = sqlx::query_scalar(sql)
        .bind(job["job"]["id"].as_str().unwrap().parse::<Uuid>().unwrap())
        .fetch_one(&mut fixture.app.database.superuser_in(fixture.owner.tenant).await)
        .await
        .unwrap();
    assert_eq!(space, fixture.spaces[1]);
}
