//! An assistant whose model is a row, asked through a stub of the gateway.

use serde_json::{Value, json};
use testkit::{App, Person, Reply};
use uuid::Uuid;

use crate::provider::{self, Provider};

pub(crate) struct Fixture {
    pub(crate) app: App,
    pub(crate) owner: Person,
    pub(crate) assistant: Uuid,
    pub(crate) gateway: Provider,
}

/// The event stream of the gateway.
pub(crate) fn stream(events: &[Value]) -> provider::Reply {
    Provider::events(&events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>())
}

pub(crate) fn answers() -> provider::Reply {
    stream(&[
        json!({ "type": "model", "id": Uuid::nil(), "name": "m-2", "title": "Model Two" }),
        json!({ "type": "text", "text": "At six." }),
        json!({ "type": "finish", "reason": "stop" }),
        json!({ "type": "done", "attempts": [] }),
    ])
}

/// Without titles, so that a test can count what is asked.
pub(crate) async fn fixture(
    answer: impl FnMut(&str, &Value) -> provider::Reply + Send + 'static,
) -> Fixture {
    fixture_with(answer, "false").await
}

async fn fixture_with(
    answer: impl FnMut(&str, &Value) -> provider::Reply + Send + 'static,
    titles: &str,
) -> Fixture {
    let gateway = Provider::start(answer).await;
    let variables = [("gateway_url", gateway.url.clone()), ("chat_titles", titles.to_owned())];
    let app = App::with(chat_component::router(), variables).await;
    let owner = app.database.person("owner").await;
    let [provider, model, assistant] = [(); 3].map(|()| Uuid::now_v7());
    let sql = "with p as (
          insert into model_providers (id, tenant_id, name, dialect, base_url) values ($1, $4, 'Main', 'openai', 'https://api.example.org/v1')
        ), a as (
          insert into assistants (id, tenant_id, space_id, name, model, created_by) values ($3, $4, $5, 'Clerk', $2::uuid::text, $6)
        )
        insert into models (id, tenant_id, provider_id, name, title, kind) values ($2, $4, $1, 'm-1', 'Model One', 'chat')";
    let insert = sqlx::query(sql).bind(provider).bind(model).bind(assistant).bind(owner.tenant.0);
    let insert = insert.bind(owner.space.0).bind(owner.user.0);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    Fixture { app, owner, assistant, gateway }
}

impl Fixture {
    /// The path of the messages of a new conversation.
    pub(crate) async fn conversation(&self) -> String {
        let body = json!({ "assistant_id": self.assistant });
        let made = self
            .app
            .post("/api/v1/conversations")
            .as_(&self.owner)
            .json(&body)
            .send()
            .await
            .expect(201);
        format!("/api/v1/conversations/{}/messages", made["id"].as_str().unwrap())
    }

    /// Asks a question in a conversation, without a stream.
    pub(crate) async fn ask_in(&self, path: &str) -> Reply {
        let question = json!({ "content": "When do you close?" });
        self.app.post(path).as_(&self.owner).json(&question).send().await
    }

    async fn last_message(&self, path: &str) -> Value {
        let listed = self.app.get(path).as_(&self.owner).send().await.expect(200);
        listed["messages"].as_array().unwrap().last().unwrap().clone()
    }
}

#[tokio::test]
async fn the_answer_names_the_model_that_answered() {
    let fixture = fixture(|_, _| answers()).await;
    let path = fixture.conversation().await;
    let answer = fixture.ask_in(&path).await.expect(200);
    assert_eq!((&answer["content"], &answer["status"]), (&json!("At six."), &json!("done")));
    let kept = fixture.last_message(&path).await;
    assert_eq!((&kept["model"], &kept["status"]), (&json!("Model Two"), &json!("done")));
    assert_eq!(fixture.gateway.count(), 1);
}

#[tokio::test]
async fn the_answer_names_the_models_that_were_to_answer_before() {
    let attempt =
        |id: Uuid, title: &str, kind: &str| json!({ "model_id": id, "title": title, "kind": kind });
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let attempts = json!([
        attempt(first, "Model One", "server"),
        attempt(first, "Model One", "rate_limited"),
        attempt(second, "Model Zero", "circuit_open"),
        attempt(Uuid::nil(), "Model Two", "timeout"),
    ]);
    let fixture = fixture(move |_, _| {
        stream(&[
            json!({ "type": "model", "id": Uuid::nil(), "name": "m-2", "title": "Model Two", "attempts": attempts }),
            json!({ "type": "text", "text": "At six." }),
            json!({ "type": "finish", "reason": "stop" }),
            json!({ "type": "done", "attempts": attempts }),
        ])
    })
    .await;
    let path = fixture.conversation().await;
    fixture.ask_in(&path).await.expect(200);
    let failed = json!([
        { "title": "Model One", "reason": "rate_limited" },
        { "title": "Model Zero", "reason": "circuit_open" },
    ]);
    assert_eq!(fixture.last_message(&path).await["failed_models"], failed);
}

#[tokio::test]
async fn a_model_of_a_row_gives_the_conversation_a_title() {
    let title = || {
        stream(&[
            json!({ "type": "text", "text": "\"Closing time\"" }),
            json!({ "type": "finish", "reason": "stop" }),
            json!({ "type": "done", "attempts": [] }),
        ])
    };
    let is_title = |body: &Value| body["attribution"]["purpose"] == "title";
    let answer = move |_: &str, body: &Value| if is_title(body) { title() } else { answers() };
    let fixture = fixture_with(answer, "true").await;
    let path = fixture.conversation().await;
    fixture.ask_in(&path).await.expect(200);
    let conversation = path.strip_suffix("/messages").unwrap();
    let titled = async {
        while fixture.app.get(conversation).as_(&fixture.owner).send().await.expect(200)["title"]
            != "Closing time"
        {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), titled).await.expect("a title");
    let asked = fixture.gateway.requests().pop().unwrap();
    assert_eq!((&asked["max_tokens"], asked["images"].is_null()), (&json!(40), true));
    assert_eq!(asked["attribution"]["message_id"], Value::Null);
}

#[tokio::test]
async fn a_failure_names_who_can_help() {
    let failure = json!({ "kind": "authentication", "status": 401, "message": "" });
    let fixture = fixture(move |_, _| {
        stream(&[json!({ "type": "failed", "failure": failure, "attempts": [] })])
    })
    .await;
    let path = fixture.conversation().await;
    let reply = fixture.ask_in(&path).await;
    assert_eq!((reply.status, &reply.body["error"]), (503, &json!("model_failed")));
    assert!(reply.body["detail"].as_str().unwrap().contains("administrator"), "{:#}", reply.body);
}

/// When a stored problem says that another try makes sense, in seconds from now.
fn seconds_until_retry(problem: &Value) -> i64 {
    let at = kernel::Timestamp::parse(problem["retry_at"].as_str().unwrap()).unwrap();
    at.unix_seconds() - platform::clock::now().unix_seconds()
}

#[tokio::test]
async fn an_open_breaker_says_when_to_ask_again_and_the_stored_answer_repeats_it() {
    let failure =
        json!({ "kind": "circuit_open", "status": null, "message": "", "retry_after_ms": 40_100 });
    let fixture = fixture(move |_, _| {
        stream(&[json!({ "type": "failed", "failure": failure, "attempts": [] })])
    })
    .await;
    let path = fixture.conversation().await;
    let reply = fixture.ask_in(&path).await;
    assert_eq!((reply.status, &reply.body["error"]), (503, &json!("model_failed")));
    assert!((35..=41).contains(&seconds_until_retry(&reply.body)), "{:#}", reply.body);
    let stored = &fixture.last_message(&path).await["problem"];
    assert_eq!(stored["retry_at"], reply.body["retry_at"]);
}

#[tokio::test]
async fn a_quota_that_the_gateway_names_is_stored_with_the_answer() {
    let quota = json!({ "subject": "model", "measure": "tokens", "period": "hour", "limit": "9", "held": true });
    let refusal = json!({ "error": "usage_quota_reached", "detail": "wait", "quota": quota });
    let fixture = fixture(move |_, _| Provider::json(429, &refusal)).await;
    let path = fixture.conversation().await;
    let reply = fixture.ask_in(&path).await;
    assert_eq!((reply.status, &reply.body["quota"]), (429, &quota));
    assert_eq!(fixture.last_message(&path).await["problem"]["quota"], quota);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let half = || stream(&[json!({ "type": "text", "text": "At s" })]);
    let fixture = fixture(move |_, _| half()).await;
    let path = fixture.conversation().await;
    let answer = fixture.ask_in(&path).await.expect(200);
    assert_eq!((&answer["content"], &answer["status"]), (&json!("At s"), &json!("failed")));
    assert_eq!(fixture.last_message(&path).await["problem"]["error"], "model_failed");
}

#[tokio::test]
async fn a_model_that_is_gone_is_said_before_anything_is_stored() {
    let fixture = fixture(|_, _| answers()).await;
    let path = fixture.conversation().await;
    let sql = "delete from models where tenant_id = $1";
    let mut db = fixture.app.database.superuser_in(fixture.owner.tenant).await;
    sqlx::query(sql).bind(fixture.owner.tenant.0).execute(&mut db).await.unwrap();
    let reply = fixture.ask_in(&path).await;
    assert_eq!(reply.problem(503), "model_failed");
    let listed = fixture.app.get(path.as_str()).as_(&fixture.owner).send().await.expect(200);
    assert_eq!((&listed["messages"], fixture.gateway.count()), (&json!([]), 0));
}

/// A question whose prompt the gateway was sent, with the model's window; the answer's status.
async fn asked_within(fixture: &Fixture, window: i32, question: &str) -> u16 {
    let path = fixture.conversation().await;
    let sql = "update models set context_tokens = $1";
    let update = sqlx::query(sql).bind(window);
    update
        .execute(&mut fixture.app.database.superuser_in(fixture.owner.tenant).await)
        .await
        .unwrap();
    let question = json!({ "content": question });
    fixture.app.post(path.as_str()).as_(&fixture.owner).json(&question).send().await.status
}

#[tokio::test]
async fn a_question_that_does_not_fit_into_the_window_is_refused_before_it_is_stored() {
    let fixture = fixture(|_, _| answers()).await;
    let long = "När öppnar biblioteket? ".repeat(1_000);
    assert_eq!(asked_within(&fixture, 8_192, &long).await, 400);
    assert_eq!(fixture.gateway.count(), 0);
    assert_eq!(asked_within(&fixture, 200_000, &long).await, 200);
    assert_eq!(asked_within(&fixture, 8_192, &long[..8_000]).await, 200);
    assert_eq!(fixture.gateway.count(), 2);
}
