//! Links to a conversation, and its export: who reads what, and until when.

use serde_json::{Value, json};
use testkit::{App, Person};
use uuid::Uuid;

/// A person's conversation of one question and two versions of its answer, of which the second is
/// shown; the first quotes a document.
struct Fixture {
    app: App,
    owner: Person,
    path: String,
    answers: [Uuid; 2],
}

async fn fixture() -> Fixture {
    let app = App::new(chat_component::router()).await;
    let owner = app.database.person("owner").await;
    let [assistant, conversation, question, first, second] = [(); 5].map(|()| Uuid::now_v7());
    let [collection, document] = [(); 2].map(|()| Uuid::now_v7());
    let source = json!([{
        "n": 1, "document_id": document, "chunk_id": Uuid::now_v7(), "title": "Secret statutes", "page": 3, "heading_path": [],
        "snippet": "forty-two", "score": 0.5, "available": true
    }]);
    let mut db = app.database.superuser_in(owner.tenant).await;
    let sql = "with a as (
          insert into assistants (id, tenant_id, space_id, name, created_by) values ($1, $2, $3, 'Clerk', $5)
        ), k as (
          insert into collections (id, tenant_id, space_id, name, created_by, index_id) values ($10, $2, $3, 'Shelf', $5, $10)
        ), d as (
          insert into documents (id, tenant_id, space_id, collection_id, title, filename, status, created_by)
          values ($11, $2, $3, $10, 'Secret statutes', 's.md', 'ready', $5)
        ), c as (
          insert into conversations (id, tenant_id, user_id, space_id, assistant_id, title) values ($4, $2, $5, $3, $1, 'Hours [1] <b>')
        )
        insert into messages (id, tenant_id, conversation_id, role, content, status, parent_id, depth, sources, created_at)
        values ($6, $2, $4, 'user', 'When?', 'done', null, 1, '[]', now()),
               ($7, $2, $4, 'assistant', 'At six.', 'done', $6, 2, '[]', now()),
               ($8, $2, $4, 'assistant', 'At seven [1].', 'done', $6, 2, $9::text::jsonb, now() + interval '1 second')";
    let insert = sqlx::query(sql)
        .bind(assistant)
        .bind(owner.tenant.0)
        .bind(owner.space.0)
        .bind(conversation);
    let insert =
        insert.bind(owner.user.0).bind(question).bind(first).bind(second).bind(source.to_string());
    insert.bind(collection).bind(document).execute(&mut db).await.unwrap();
    let head = "update conversations set head_id = $1 where id = $2";
    sqlx::query(head).bind(second).bind(conversation).execute(&mut db).await.unwrap();
    Fixture {
        app,
        owner,
        path: format!("/api/v1/conversations/{conversation}"),
        answers: [first, second],
    }
}

impl Fixture {
    /// Makes a link; its path for readers.
    async fn share(&self) -> String {
        let share = self
            .app
            .post(format!("{}/shares", self.path))
            .as_(&self.owner)
            .json(&json!({}))
            .send()
            .await;
        let share = share.expect(201);
        format!("/api/v1/shared-conversations/{}", share["id"].as_str().unwrap())
    }

    /// Puts the conversation into a folder, with a tag.
    async fn is_kept_in_order(&self) {
        let request = self.app.post("/api/v1/conversation-folders").as_(&self.owner);
        let folder = request.json(&json!({ "name": "Private" })).send().await.expect(201);
        let order = json!({ "folder_id": folder["id"], "tags": ["Private *1*"] });
        self.app.patch(&self.path).as_(&self.owner).json(&order).send().await.expect(200);
    }

    async fn sql(&self, sql: &'static str) {
        sqlx::query(sql)
            .execute(&mut self.app.database.superuser_in(self.owner.tenant).await)
            .await
            .unwrap();
    }

    /// What a reader gets: the statuses of conversation and messages.
    async fn is_hidden(&self, link: &str, reader: &Person) {
        self.app.get(link).as_(reader).send().await.expect(404);
        self.app.get(format!("{link}/messages")).as_(reader).send().await.expect(404);
    }

    async fn messages(&self, link: &str, reader: &Person) -> Vec<Value> {
        let list = self.app.get(format!("{link}/messages")).as_(reader).send().await.expect(200);
        list["messages"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_colleague_reads_what_the_link_shows() {
    let fixture = fixture().await;
    fixture.is_kept_in_order().await;
    let link = fixture.share().await;
    let colleague = fixture.app.database.colleague(fixture.owner.tenant, "colleague", "user").await;
    let shared = fixture.app.get(&link).as_(&colleague).send().await.expect(200);
    assert_eq!(shared["title"], "Hours [1] <b>");
    assert!(!shared.to_string().contains("Private"), "{shared}");
    assert!(shared.get("folder_id").is_none() && shared.get("tags").is_none());
    let messages = fixture.messages(&link, &colleague).await;
    let said: Vec<&Value> = messages.iter().map(|m| &m["content"]).collect();
    assert_eq!(said, [&json!("When?"), &json!("At seven [1].")]);
    assert!(messages.iter().all(|m| m.get("versions").is_none() && m.get("feedback").is_none()));
}

#[tokio::test]
async fn a_link_is_frozen_at_its_last_message() {
    let fixture = fixture().await;
    let link = fixture.share().await;
    let body = json!({ "message_id": fixture.answers[0] });
    fixture
        .app
        .put(format!("{}/path", fixture.path))
        .as_(&fixture.owner)
        .json(&body)
        .send()
        .await
        .expect(200);
    let messages = fixture.messages(&link, &fixture.owner).await;
    assert_eq!(messages[1]["content"], "At seven [1].");
}

#[tokio::test]
async fn quotations_are_shown_with_the_rights_of_the_reader() {
    let fixture = fixture().await;
    let link = fixture.share().await;
    let colleague =
        fixture.app.database.colleague(fixture.owner.tenant, "colleague", "admin").await;
    let own = fixture.messages(&link, &fixture.owner).await;
    assert_eq!(
        (&own[1]["sources"][0]["available"], &own[1]["sources"][0]["snippet"]),
        (&json!(true), &json!("forty-two"))
    );
    let theirs = fixture.messages(&link, &colleague).await;
    assert_eq!(theirs[1]["sources"][0]["available"], json!(false));
    let text = json!(theirs).to_string();
    assert!(!text.contains("Secret statutes") && !text.contains("forty-two"), "{text}");
}

#[tokio::test]
async fn a_link_that_ended_or_was_revoked_is_a_404() {
    let fixture = fixture().await;
    let colleague = fixture.app.database.colleague(fixture.owner.tenant, "colleague", "user").await;
    let expired = fixture.share().await;
    fixture.sql("update conversation_shares set expires_at = now()").await;
    let revoked = fixture.share().await;
    let path = revoked.replace("shared-conversations", "conversation-shares");
    fixture.app.delete(&path).as_(&colleague).send().await.expect(404);
    fixture.app.delete(&path).as_(&fixture.owner).send().await.expect(204);
    fixture.app.delete(&path).as_(&fixture.owner).send().await.expect(404);
    for link in [expired, revoked] {
        fixture.is_hidden(&link, &colleague).await;
    }
    let left = fixture
        .app
        .get(format!("{}/shares", fixture.path))
        .as_(&fixture.owner)
        .send()
        .await
        .expect(200);
    assert_eq!(left["total"], 0);
}

#[tokio::test]
async fn a_link_of_another_tenant_or_a_guessed_one_is_a_404() {
    let fixture = fixture().await;
    let link = fixture.share().await;
    let stranger = fixture.app.database.person("stranger").await;
    fixture.is_hidden(&link, &stranger).await;
    fixture
        .is_hidden(&format!("/api/v1/shared-conversations/{}", Uuid::now_v7()), &fixture.owner)
        .await;
    fixture
        .is_hidden(&format!("/api/v1/shared-conversations/{}", fixture.answers[1]), &fixture.owner)
        .await;
    fixture.app.get(&link).send().await.expect(401);
}

#[tokio::test]
async fn a_link_ends_with_its_conversation_and_its_owner() {
    let fixture = fixture().await;
    let link = fixture.share().await;
    let colleague = fixture.app.database.colleague(fixture.owner.tenant, "colleague", "user").await;
    fixture.app.delete(&fixture.path).as_(&fixture.owner).send().await.expect(204);
    fixture.is_hidden(&link, &colleague).await;
    fixture
        .app
        .post(format!("{}/restore", fixture.path))
        .as_(&fixture.owner)
        .send()
        .await
        .expect(200);
    fixture.app.get(&link).as_(&colleague).send().await.expect(200);
    fixture
        .sql("update users set deleted_at = now() where id in (select user_id from conversations)")
        .await;
    fixture.is_hidden(&link, &colleague).await;
}

#[tokio::test]
async fn a_conversation_has_twenty_links_at_most() {
    let fixture = fixture().await;
    for _ in 0..20 {
        fixture.share().await;
    }
    let path = format!("{}/shares", fixture.path);
    fixture.app.post(&path).as_(&fixture.owner).json(&json!({})).send().await.expect(409);
    for days in [0, 366, -1] {
        let body = json!({ "expires_in_days": days });
        fixture.app.post(&path).as_(&fixture.owner).json(&body).send().await.expect(400);
    }
}

#[tokio::test]
async fn an_export_has_every_message_of_the_path() {
    let fixture = fixture().await;
    fixture.is_kept_in_order().await;
    let fetch = async |format: &str| {
        let path = format!("{}/export?format={format}", fixture.path);
        fixture.app.get(&path).as_(&fixture.owner).send().await
    };
    let document: Value = fetch("json").await.expect(200);
    let said: Vec<&Value> =
        document["messages"].as_array().unwrap().iter().map(|m| &m["content"]).collect();
    assert_eq!(said, [&json!("When?"), &json!("At seven [1].")]);
    assert_eq!(document["conversation"]["title"], "Hours [1] <b>");
    assert_eq!(document["conversation"]["tags"], json!(["Private *1*"]));
    let file = fetch("markdown").await.expect(200);
    let file = file.as_str().unwrap();
    assert!(file.starts_with("# Hours 1 b\n"), "{file}");
    assert!(file.contains("\nTags: Private 1\n"), "{file}");
    assert!(
        file.contains("## Question\n\nWhen?") && file.contains("## Answer\n\nAt seven [1]."),
        "{file}"
    );
    assert!(file.contains("* [1] Secret statutes, page 3: <http"), "{file}");
    fetch("pdf").await.expect(400);
}

#[tokio::test]
async fn a_sentence_without_a_source_is_marked_behind_a_link_and_in_an_export() {
    let fixture = fixture().await;
    let said = "update messages set content = 'At seven [1]. It opens at nine every day.' where content like 'At seven%'";
    fixture.sql(said).await;
    let marked = json!([{ "start": 14, "end": 41 }]);
    let link = fixture.share().await;
    assert_eq!(fixture.messages(&link, &fixture.owner).await[1]["uncited"], marked);
    let fetch = async |format: &str| {
        let path = format!("{}/export?format={format}", fixture.path);
        fixture.app.get(&path).as_(&fixture.owner).send().await.expect(200)
    };
    assert_eq!(fetch("json").await["messages"][1]["uncited"], marked);
    let file = fetch("markdown").await;
    let file = file.as_str().unwrap();
    assert!(
        file.contains(
            "At seven [1]. It opens at nine every day.†\n\n† No source for this sentence\n\n* [1]"
        ),
        "{file}"
    );
}
