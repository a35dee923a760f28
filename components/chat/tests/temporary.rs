//! Answers that are not stored.

use serde_json::{Value, json};
use testkit::Reply;
use uuid::Uuid;

use crate::rows::{Fixture, answers, fixture, stream};

const PATH: &str = "/api/v1/completions/temporary";

impl Fixture {
    async fn ask(&self, body: &Value) -> Reply {
        self.app.post(PATH).as_(&self.owner).json(body).send().await
    }

    /// How many rows of conversations there are.
    async fn stored(&self) -> i64 {
        let sql = "select (select count(*) from conversations) + (select count(*) from messages) + (select count(*) from idempotency_keys)";
        let mut db = self.app.database.superuser_in(self.owner.tenant).await;
        sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap()
    }
}

fn events(reply: Reply) -> Vec<Value> {
    let text = reply.expect(200);
    let lines = text.as_str().unwrap().lines();
    lines.filter_map(|line| line.strip_prefix("data: ")).map(|it| it.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_temporary_answer_streams_and_leaves_nothing_behind() {
    let fixture = fixture(|_, _| answers()).await;
    let said = json!([{ "question": "Who are you?", "answer": "A clerk [1]." }]);
    let asked = json!({ "assistant_id": fixture.assistant, "content": "When do you close?", "turns": said });
    let events = events(fixture.ask(&asked).await);
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["sources", "chunk", "done"]);
    assert_eq!(events[1]["content"], "At six.");
    let prompt = fixture.gateway.requests()[0].to_string();
    assert!(prompt.contains("Who are you?") && prompt.contains("A clerk."), "{prompt}");
    assert_eq!(fixture.stored().await, 0);
}

#[tokio::test]
async fn a_temporary_answer_that_fails_ends_with_the_problem() {
    let failure = json!({ "kind": "authentication", "status": 401, "message": "" });
    let fixture = fixture(move |_, _| {
        stream(&[json!({ "type": "failed", "failure": failure, "attempts": [] })])
    })
    .await;
    let asked = json!({ "assistant_id": fixture.assistant, "content": "When do you close?" });
    let events = events(fixture.ask(&asked).await);
    assert_eq!(events.last().unwrap()["problem"]["error"], "model_failed");
    assert_eq!(fixture.stored().await, 0);
}

#[tokio::test]
async fn what_was_said_before_is_bounded() {
    let fixture = fixture(|_, _| answers()).await;
    let turn = json!({ "question": "q", "answer": "a" });
    for turns in [json!(vec![turn; 41]), json!([{ "question": "q".repeat(32_001), "answer": "" }])]
    {
        let asked = json!({ "assistant_id": fixture.assistant, "content": "q", "turns": turns });
        assert_eq!(fixture.ask(&asked).await.problem(400), "invalid_body");
    }
    assert_eq!(fixture.gateway.count(), 0);
}

#[tokio::test]
async fn only_those_who_may_ask_an_assistant_get_a_temporary_answer() {
    let fixture = fixture(|_, _| answers()).await;
    let unknown = json!({ "assistant_id": Uuid::now_v7(), "content": "q" });
    assert_eq!(fixture.ask(&unknown).await.problem(404), "not_found");
    let asked = json!({ "assistant_id": fixture.assistant, "content": "q" });
    let colleague =
        fixture.app.database.colleague(fixture.owner.tenant, "colleague", "admin").await;
    for person in [&colleague, &fixture.app.database.person("stranger").await] {
        let reply = fixture.app.post(PATH).as_(person).json(&asked).send().await;
        assert_eq!(reply.problem(404), "not_found");
    }
    assert_eq!(fixture.app.post(PATH).json(&asked).send().await.status, 401);
}

#[tokio::test]
async fn a_temporary_question_names_only_what_its_asker_may_read() {
    let fixture = fixture(|_, _| answers()).await;
    for named in ["collection_ids", "document_ids"] {
        let ask = |ids: Vec<Uuid>| json!({ "assistant_id": fixture.assistant, "content": "q", named: ids });
        assert_eq!(fixture.ask(&ask(vec![Uuid::now_v7()])).await.problem(404), "not_found");
        let many = vec![Uuid::now_v7(); 11];
        assert_eq!(fixture.ask(&ask(many)).await.problem(400), "invalid_body");
    }
    assert_eq!(fixture.gateway.count(), 0);
}
