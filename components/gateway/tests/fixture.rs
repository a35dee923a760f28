//! An administrator with providers and models, and what a component shows to ask them.

use catalogue::{
    model::{ModelSettings, create_model},
    provider::{NewProvider, create_provider},
};
use credentials::{GrantPurpose, ModelGrant, model_grant};
use kernel::id::{ModelId, ProviderId};
use models::{
    ModelKind,
    gateway::{CHAT, LIST, TEST},
};
use platform::{Cx, config::Settings};
use serde_json::{Value, json};
use testkit::{App, Person, Reply};
use uuid::Uuid;

use crate::provider::{self, Provider};

/// As the router has it.
const MASTER_KEY: &str = "the-master-key-of-these-tests-0123456789abcdef";
pub(crate) const CREDENTIAL: &str = "sk-of-this-test-1234";

pub(crate) struct Fixture {
    pub(crate) app: App,
    pub(crate) admin: Person,
    pub(crate) cx: Cx,
}

/// The events of a provider that says this.
pub(crate) fn says(text: &str) -> provider::Reply {
    let piece = json!({ "choices": [{ "delta": { "content": text } }] });
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } });
    Provider::events(&format!("data: {piece}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
}

pub(crate) fn refuses(status: u16, message: &str) -> provider::Reply {
    Provider::json(status, &json!({ "error": { "message": message } }))
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let app = App::new(gateway_component::router()).await;
        let admin = app.database.person("ann").await;
        let cx = app.database.cx(&admin, "tessera_admin").await;
        Self { app, admin, cx }
    }

    /// A row for a running provider.
    pub(crate) async fn provider(&self, url: &str) -> ProviderId {
        let host = url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let values = [("master_key", MASTER_KEY.to_owned()), ("model_hosts", host)];
        let name = Uuid::now_v7().to_string();
        let new = NewProvider {
            name: &name,
            dialect: "compatible",
            base_url: url,
            api_version: None,
            credential: Some(CREDENTIAL),
        };
        Settings::new(values).scope(create_provider(&self.cx, &new)).await.unwrap().id
    }

    /// A model of a running provider; `window`: tokens that may go in.
    pub(crate) async fn model(&self, url: &str, name: &str, window: Option<i32>) -> ModelId {
        let settings =
            ModelSettings { context_tokens: window, ..ModelSettings::named(name, ModelKind::Chat) };
        create_model(&self.cx, self.provider(url).await, settings).await.unwrap().id
    }

    /// What a component gets for a user.
    pub(crate) async fn grant_of(
        &self,
        person: &Person,
        purpose: GrantPurpose,
        subjects: &[Uuid],
    ) -> String {
        let cx = self.app.database.cx(person, "tessera_chat").await;
        ModelGrant::request(&cx, purpose, subjects).await.unwrap().text().to_owned()
    }

    pub(crate) async fn post(&self, path: &str, grant: String, body: &Value) -> Reply {
        self.app.post(path).header(model_grant::HEADER, grant).json(body).send().await
    }

    /// The events of a question to these models.
    pub(crate) async fn ask(&self, models: &[ModelId]) -> Vec<Value> {
        let models: Vec<Uuid> = models.iter().map(|id| id.0).collect();
        let grant = self.grant_of(&self.admin, GrantPurpose::Chat, &models).await;
        let stream = self.post(CHAT, grant, &question()).await.expect(200);
        let data = stream.as_str().unwrap().lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    pub(crate) async fn test(&self, provider: ProviderId, model: Option<&str>) -> Value {
        let grant = self.grant_of(&self.admin, GrantPurpose::Administration, &[provider.0]).await;
        self.post(TEST, grant, &json!({ "model": model })).await.expect(200)
    }

    pub(crate) async fn list(&self, provider: ProviderId) -> Value {
        let grant = self.grant_of(&self.admin, GrantPurpose::Administration, &[provider.0]).await;
        self.post(LIST, grant, &json!({})).await.expect(200)
    }
}

pub(crate) fn question() -> Value {
    json!({ "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hi" }], "sampling": { "temperature": 0.5 } })
}

/// The texts of an answer.
pub(crate) fn text(events: &[Value]) -> String {
    events.iter().filter_map(|event| event["text"].as_str()).collect()
}
