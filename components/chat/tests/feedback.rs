//! Feedback on an answer: permitted and refused callers.

use serde_json::{Value, json};
use testkit::{App, Person};
use uuid::Uuid;

/// A person's conversation with one answer.
struct Fixture {
    app: App,
    asker: Person,
    conversation: Uuid,
    path: String,
}

async fn asked(status: &str) -> Fixture {
    let app = App::new(chat_component::router()).await;
    let asker = app.database.person("asker").await;
    let (assistant, conversation, answer) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let sql = "with a as (
          insert into assistants (id, tenant_id, space_id, name, created_by) values ($1, $2, $3, 'Clerk', $5)
        ), c as (
          insert into conversations (id, tenant_id, user_id, space_id, assistant_id) values ($4, $2, $5, $3, $1)
        )
        insert into messages (id, tenant_id, conversation_id, role, content, status, alive_at)
        values ($6, $2, $4, 'assistant', 'At six.', $7, now()), (gen_random_uuid(), $2, $4, 'user', 'When?', 'done', null)";
    let insert = sqlx::query(sql)
        .bind(assistant)
        .bind(asker.tenant.0)
        .bind(asker.space.0)
        .bind(conversation);
    let insert = insert.bind(asker.user.0).bind(answer).bind(status);
    insert.execute(&mut app.database.superuser_in(asker.tenant).await).await.unwrap();
    Fixture { app, asker, conversation, path: format!("/api/v1/messages/{answer}/feedback") }
}

impl Fixture {
    async fn get(&self) -> Value {
        self.app.get(&self.path).as_(&self.asker).send().await.expect(200)
    }

    async fn put(&self, body: Value, expected: u16) -> Value {
        self.app.put(&self.path).as_(&self.asker).json(&body).send().await.expect(expected)
    }
}

#[tokio::test]
async fn a_rating_is_created_changed_and_removed() {
    let asked = asked("done").await;
    assert_eq!(asked.get().await, json!({ "rating": null, "comment": null, "updated_at": null }));
    asked.put(json!({ "rating": 1 }), 200).await;
    let changed = asked.put(json!({ "rating": -1, "comment": " The hour is wrong. " }), 200).await;
    assert_eq!(
        (&changed["rating"], &changed["comment"]),
        (&json!(-1), &json!("The hour is wrong."))
    );
    assert_eq!(asked.get().await, changed);
    let list = format!("/api/v1/conversations/{}/messages", asked.conversation);
    let listed = asked.app.get(&list).as_(&asked.asker).send().await.expect(200);
    let of_role = |role: &str| {
        listed["messages"].as_array().unwrap().iter().find(|m| m["role"] == role).unwrap()["feedback"].clone()
    };
    assert_eq!((of_role("assistant"), of_role("user")), (changed, Value::Null));
    for _ in 0..2 {
        asked.app.delete(&asked.path).as_(&asked.asker).send().await.expect(204);
    }
    assert_eq!(asked.get().await["rating"], Value::Null);
}

#[tokio::test]
async fn another_rating_or_too_long_a_comment_is_refused() {
    let asked = asked("done").await;
    for body in [
        json!({ "rating": 0 }),
        json!({ "rating": 2 }),
        json!({}),
        json!({ "rating": 1, "stars": 5 }),
    ] {
        asked.put(body, 400).await;
    }
    asked.put(json!({ "rating": 1, "comment": "x".repeat(2001) }), 400).await;
    let longest = asked.put(json!({ "rating": 1, "comment": "å".repeat(2000) }), 200).await;
    assert_eq!(longest["comment"].as_str().unwrap().chars().count(), 2000);
}

#[tokio::test]
async fn an_answer_that_is_being_written_cannot_be_rated() {
    asked("streaming").await.put(json!({ "rating": 1 }), 409).await;
}

#[tokio::test]
async fn only_the_asker_sees_or_rates_an_answer() {
    let asked = asked("done").await;
    asked.put(json!({ "rating": -1, "comment": "Secret" }), 200).await;
    let colleague = asked.app.database.colleague(asked.asker.tenant, "colleague", "admin").await;
    let stranger = asked.app.database.person("stranger").await;
    for person in [&colleague, &stranger] {
        asked.app.get(&asked.path).as_(person).send().await.expect(404);
        asked
            .app
            .put(&asked.path)
            .as_(person)
            .json(&json!({ "rating": 1 }))
            .send()
            .await
            .expect(404);
        asked.app.delete(&asked.path).as_(person).send().await.expect(404);
    }
    asked.app.get(&asked.path).send().await.expect(401);
    assert_eq!(asked.get().await["rating"], -1);
}

#[tokio::test]
async fn a_rating_of_a_deleted_conversation_is_not_there() {
    let asked = asked("done").await;
    asked.put(json!({ "rating": 1 }), 200).await;
    let conversation = format!("/api/v1/conversations/{}", asked.conversation);
    asked.app.delete(&conversation).as_(&asked.asker).send().await.expect(204);
    asked.app.get(&asked.path).as_(&asked.asker).send().await.expect(404);
    asked
        .app
        .put(&asked.path)
        .as_(&asked.asker)
        .json(&json!({ "rating": -1 }))
        .send()
        .await
        .expect(404);
}
