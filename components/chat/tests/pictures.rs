//! Pictures that are attached to a question, for a model that sees and for one that does not.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::rows::{Fixture, answers, fixture};

impl Fixture {
    /// A conversation with a picture that is ready: the path of its messages, and the picture.
    async fn with_picture(&self) -> (String, Uuid) {
        let path = self.conversation().await;
        let conversation: Uuid = path.split('/').nth(4).unwrap().parse().unwrap();
        let [collection, document, blob] = [(); 3].map(|()| Uuid::now_v7());
        let sql = "with c as (
              insert into collections (id, tenant_id, space_id, name, created_by, for_attachments, conversation_id) values ($1, $2, $3, 'A', $4, true, $5)
            ), b as (
              insert into blobs (id, tenant_id, size_bytes) values ($6, $2, 3)
            ), p as (
              insert into blob_chunks (tenant_id, blob_id, seq, bytes) values ($2, $6, 0, 'abc')
            )
            insert into documents (id, tenant_id, space_id, collection_id, blob_id, title, filename, media_type, status, created_by)
            values ($7, $2, $3, $1, $6, 'cat.jpg', 'cat.jpg', 'image/jpeg', 'ready', $4)";
        let insert = sqlx::query(sql).bind(collection).bind(self.owner.tenant.0);
        let insert = insert.bind(self.owner.space.0).bind(self.owner.user.0).bind(conversation);
        let insert = insert.bind(blob).bind(document);
        insert.execute(&mut self.app.database.superuser_in(self.owner.tenant).await).await.unwrap();
        (path, document)
    }

    async fn sees(&self, sees: bool) {
        let sql = "update models set capabilities = case when $2 then array['vision'] else '{}' end where tenant_id = $1";
        let mut db = self.app.database.superuser_in(self.owner.tenant).await;
        sqlx::query(sql).bind(self.owner.tenant.0).bind(sees).execute(&mut db).await.unwrap();
    }
}

#[tokio::test]
async fn a_model_that_sees_gets_the_picture_with_the_question_and_later_ones() {
    let fixture = fixture(|_, _| answers()).await;
    fixture.sees(true).await;
    let (path, picture) = fixture.with_picture().await;
    let question = json!({ "content": "What is this?", "attachment_ids": [picture] });
    fixture.app.post(path.as_str()).as_(&fixture.owner).json(&question).send().await.expect(200);
    let later = json!({ "content": "Are you sure?" });
    fixture.app.post(path.as_str()).as_(&fixture.owner).json(&later).send().await.expect(200);
    let shown = json!([{ "media_type": "image/jpeg", "base64": "YWJj" }]);
    let images: Vec<Value> =
        fixture.gateway.requests().iter().map(|it| it["images"].clone()).collect();
    assert_eq!(images, [shown.clone(), shown]);
    let listed = fixture.app.get(path.as_str()).as_(&fixture.owner).send().await.expect(200);
    assert_eq!(listed["messages"][0]["attachments"][0]["media_type"], "image/jpeg");
    fixture.sees(false).await;
    let first = listed["messages"][1]["id"].as_str().unwrap();
    let again = fixture.app.post(format!("/api/v1/messages/{first}/regenerate"));
    let reply = again.as_(&fixture.owner).json(&json!({})).send().await;
    assert_eq!(reply.problem(409), "no_vision");
}

#[tokio::test]
async fn a_model_that_does_not_see_is_not_asked_about_a_picture() {
    let fixture = fixture(|_, _| answers()).await;
    let (path, picture) = fixture.with_picture().await;
    let question = json!({ "content": "What is this?", "attachment_ids": [picture] });
    let reply = fixture.app.post(path.as_str()).as_(&fixture.owner).json(&question).send().await;
    assert_eq!(reply.problem(409), "no_vision");
    assert_eq!(fixture.gateway.count(), 0);
    let listed = fixture.app.get(path.as_str()).as_(&fixture.owner).send().await.expect(200);
    assert_eq!(listed["messages"], json!([]));
}
