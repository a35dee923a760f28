//! A person with a key and an assistant that knows one sentence, and models that say what the test
//! decides.

use std::time::Duration;

use http_body_util::BodyExt as _;
use platform::serve::Response;
use serde_json::{Value, json};
use testkit::{App, Person, Reply, TestRequest};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::provider::{self, Provider};

/// Timeout of a test.
const LIMIT: Duration = Duration::from_secs(30);
pub(crate) const CHAT: &str = "/openai/v1/chat/completions";
pub(crate) const MODELS: &str = "/openai/v1/models";
pub(crate) const RESPONSES: &str = "/openai/v1/responses";
pub(crate) const EMBEDDINGS: &str = "/openai/v1/embeddings";
pub(crate) const TRANSCRIPTIONS: &str = "/openai/v1/audio/transcriptions";
pub(crate) const BOTH: &[&str] = &["assistants:use", "models:use"];
/// What the assistant knows, and what a model says of it.
pub(crate) const CITED: &str = "It is elected for two years [1].";

pub(crate) struct Fixture {
    pub(crate) app: App,
    pub(crate) owner: Person,
    pub(crate) space: Uuid,
    pub(crate) document: Uuid,
    pub(crate) chunk: Uuid,
    pub(crate) assistant: Uuid,
    /// The assistant's model.
    pub(crate) model: String,
    pub(crate) chat: Provider,
    pub(crate) embedding: Provider,
    /// Stands for the gateway.
    pub(crate) gateway: Provider,
}

pub(crate) fn piece(text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }))
}

pub(crate) const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";

/// A model that answers every question with these deltas.
pub(crate) fn says(
    texts: &'static [&'static str],
) -> impl FnMut(&str, &Value) -> provider::Reply + Send + 'static {
    move |_, _| Provider::events(&(texts.iter().map(|text| piece(text)).collect::<String>() + END))
}

/// A model that sends what the test sends.
pub(crate) fn live()
-> (mpsc::UnboundedSender<String>, impl FnMut(&str, &Value) -> provider::Reply + Send + 'static) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut receiver = Some(receiver);
    (sender, move |_, _| provider::Reply::Live(receiver.take().unwrap()))
}

/// What the gateway says of a row that answers; it calls the first tool if there is one.
fn wire_events(body: &Value) -> String {
    let mut events = vec![
        json!({ "type": "model", "id": Uuid::nil(), "name": "m-1", "title": "Model One" }),
        json!({ "type": "text", "text": CITED }),
    ];
    let mut reason = "stop";
    if let Some(name) = body["options"]["tools"][0]["name"].as_str() {
        reason = "tool_calls";
        let call = |id: Value, name: Value, arguments: &str| json!({ "type": "tool_call", "index": 0, "id": id, "name": name, "arguments": arguments });
        events[1] = call("call_9".into(), name.into(), "{\"city\":");
        events.push(call(Value::Null, Value::Null, "\"Åre\"}"));
    }
    events.extend([
        json!({ "type": "usage", "prompt": 5, "cached_read": 0, "cached_write": 0, "completion": 6, "reasoning": 0 }),
        json!({ "type": "finish", "reason": reason }),
        json!({ "type": "done", "attempts": [] }),
    ]);
    events.iter().map(|event| format!(": ping\n\ndata: {event}\n\n")).collect()
}

/// What the gateway says of a recording. One with `quota` in it is refused, one with `noise` fails.
fn transcribed(body: &Value) -> provider::Reply {
    let body = body.as_str().unwrap_or_default();
    if body.starts_with("fLaC quota") {
        let refusal = json!({ "error": "usage_quota_reached", "detail": "the quota is used up",
            "quota": { "subject": "tenant", "measure": "cost", "period": "day", "limit": "1", "held": false } });
        return Provider::json(429, &refusal);
    }
    if body.starts_with("fLaC noise") {
        let failure = json!({ "kind": "too_large", "status": 413, "message": "too long" });
        return Provider::json(200, &json!({ "failed": { "failure": failure, "attempts": [] } }));
    }
    let counts = body.starts_with("fLaC counts");
    Provider::json(
        200,
        &json!({ "transcript": { "model": "Whisper", "text": "Hej Åre.", "language": "sv", "duration": 2.5,
            "segments": [[0.0, 1.0, "Hej"], [1.0, 2.5, " Åre."]],
            "tokens": counts.then_some([30, 25, 4]), "billed_seconds": 3 } }),
    )
}

/// A vector as near to any other as can be.
fn axis() -> Vec<f32> {
    (0..384).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect()
}

impl Fixture {
    pub(crate) async fn new(
        chat: impl FnMut(&str, &Value) -> provider::Reply + Send + 'static,
    ) -> Self {
        let chat = Provider::start(chat).await;
        let embedding = Provider::start(|_, body| {
            let count = body["input"].as_array().map_or(0, Vec::len);
            let one = |index| json!({ "index": index, "embedding": axis() });
            Provider::json(200, &json!({ "data": (0..count).map(one).collect::<Vec<_>>() }))
        })
        .await;
        let gateway = Provider::start(|path, body| match path {
            _ if path.ends_with("/transcribe") => transcribed(body),
            _ => Provider::events(&wire_events(body)),
        })
        .await;
        let variables = [
            ("gateway_url", gateway.url.clone()),
            ("chat_url", chat.url.clone()),
            ("chat_models", "vendor/large".to_owned()),
            ("embedding_url", embedding.url.clone()),
        ];
        let app = App::with(openai_component::router(), variables).await;
        let owner = app.database.person("owner").await;
        let [space, document, chunk, assistant] = [(); 4].map(|()| Uuid::now_v7());
        seed(&app, &owner, [space, document, chunk, assistant]).await;
        let slug = "select slug from assistants where id = $1";
        let slug: String = sqlx::query_scalar(slug)
            .bind(assistant)
            .fetch_one(&mut app.database.superuser_in(owner.tenant).await)
            .await
            .unwrap();
        Self {
            app,
            owner,
            space,
            document,
            chunk,
            assistant,
            model: format!("assistant/{slug}"),
            chat,
            embedding,
            gateway,
        }
    }

    /// Another person of the tenant, with a role in the assistant's space and a key.
    pub(crate) async fn member(&self, role: &str) -> (Person, String) {
        let person = self.app.database.colleague(self.owner.tenant, role, "user").await;
        let sql = "insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $3, $4)";
        let insert = sqlx::query(sql)
            .bind(self.owner.tenant.0)
            .bind(self.space)
            .bind(person.user.0)
            .bind(role);
        insert.execute(&mut self.app.database.superuser_in(self.owner.tenant).await).await.unwrap();
        let key = self.app.key(&person, BOTH).await;
        (person, key)
    }

    /// A key of the owner's for everything here.
    pub(crate) async fn key(&self) -> String {
        self.app.key(&self.owner, BOTH).await
    }

    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> TestRequest<'_> {
        self.app.post(path).header("authorization", format!("Bearer {key}")).json(body)
    }

    pub(crate) fn get(&self, path: &str, key: &str) -> TestRequest<'_> {
        self.app.get(path).header("authorization", format!("Bearer {key}"))
    }

    /// A question to the assistant.
    pub(crate) fn question(&self) -> Value {
        json!({ "model": self.model, "messages": [{ "role": "user", "content": "How long is the chair elected?" }] })
    }

    /// The same as a stream.
    pub(crate) fn streamed(&self) -> Value {
        let mut body = self.question();
        body["stream"] = true.into();
        body
    }

    /// Runs SQL directly on the database.
    pub(crate) async fn sql(&self, sql: &'static str, about: Uuid) {
        let change = sqlx::query(sql).bind(about);
        change.execute(&mut self.app.database.superuser_in(self.owner.tenant).await).await.unwrap();
    }
}

/// A space with a document of one chunk, and an assistant that answers from it.
async fn seed(app: &App, owner: &Person, [space, document, chunk, assistant]: [Uuid; 4]) {
    let sql = "with s as (
          insert into spaces (id, tenant_id, name, kind, created_by) values ($1, $2, 'Council', 'shared', $3)
        ), m as (
          insert into space_members (tenant_id, space_id, user_id, role) values ($2, $1, $3, 'owner')
        ), c as (
          insert into collections (id, tenant_id, space_id, name, created_by, index_id) values ($4, $2, $1, 'Statutes', $3, $4)
        ), d as (
          insert into documents (id, tenant_id, space_id, collection_id, title, filename, status, chunk_count, created_by)
          values ($5, $2, $1, $4, 'Statutes of 2024', 'statutes.md', 'ready', 1, $3)
        ), a as (
          insert into assistants (id, tenant_id, space_id, name, instructions, published, created_by)
          values ($7, $2, $1, 'Sekreterare i Åre', 'Be brief.', true, $3)
        ), l as (
          insert into assistant_collections (tenant_id, assistant_id, collection_id) values ($2, $7, $4)
        )
        insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding, tsv)
        values ($6, $2, $1, $4, $5, 0, 3, 0, 40, 'The chair is elected for two years.', 9, $8::text::halfvec,
                to_tsvector('english', 'chair elected') || array_to_tsvector(array['@' || $1::uuid, '@' || $4::uuid]))";
    let embedding =
        format!("[{}]", axis().iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    let insert =
        sqlx::query(sql).bind(space).bind(owner.tenant.0).bind(owner.user.0).bind(Uuid::now_v7());
    let insert = insert.bind(document).bind(chunk).bind(assistant).bind(embedding);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
}

/// The data of a stream's events, once it has ended. It may hold nothing that breaks the official
/// clients.
pub(crate) fn events(stream: &str) -> Vec<Value> {
    assert!(stream.ends_with("\n\n") && !stream.starts_with('\u{feff}'), "{stream}");
    for line in stream.lines().filter(|line| !line.is_empty()) {
        assert!(
            line.starts_with("data: ") || line.starts_with("event: ") || line.starts_with(':'),
            "{line}"
        );
    }
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// The text that chunks say.
pub(crate) fn text(chunks: &[Value]) -> String {
    chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
}

/// Reads a body until the text has come, at most half a minute.
pub(crate) async fn read_until(response: &mut Response, wanted: &str) -> String {
    let read = async {
        let mut out = String::new();
        while !out.contains(wanted) {
            let frame =
                response.body_mut().frame().await.expect("the stream ended without it").unwrap();
            out.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
        out
    };
    tokio::time::timeout(LIMIT, read).await.expect("it did not come")
}

/// Reads the rest of a body, at most half a minute.
pub(crate) async fn rest(response: Response) -> String {
    let read = tokio::time::timeout(LIMIT, response.into_body().collect())
        .await
        .expect("the stream did not end");
    String::from_utf8(read.unwrap().to_bytes().to_vec()).unwrap()
}

/// Status, type and code of an error in OpenAI's shape.
pub(crate) fn error(reply: &Reply) -> (u16, &str, &str) {
    let members: Vec<&String> = reply.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error"], "{:#}", reply.body);
    let error = &reply.body["error"];
    let names: Vec<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.len(), 4, "{error:#}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error:#}");
    (reply.status, error["type"].as_str().unwrap(), error["code"].as_str().unwrap())
}

impl Fixture {
    /// The number that a statement answers.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.app.database.superuser().await).await.unwrap()
    }
}
