//! One's own API keys.

use api::{Call, Response, wire};
use credentials::api_key::{self, ApiKeyInfo, NewApiKey};
use kernel::{
    Result, Timestamp,
    id::{ApiKeyId, AssistantId},
};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct ApiKeyBody {
    id: String,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    assistant_id: Option<String>,
    assistant_name: Option<String>,
    requests_per_minute: i32,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&ApiKeyInfo> for ApiKeyBody {
    fn from(key: &ApiKeyInfo) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            scopes: key.scopes.clone(),
            assistant_id: key.assistant.as_ref().map(|assistant| assistant.id.to_string()),
            assistant_name: key.assistant.as_ref().and_then(|assistant| assistant.name.clone()),
            requests_per_minute: key.requests_per_minute,
            expires_at: key.expires_at.map(|at| at.to_string()),
            last_used_at: key.last_used_at.map(|at| at.to_string()),
            created_at: key.created_at,
            updated_at: key.updated_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateApiKey {
    name: String,
    scopes: Vec<String>,
    #[serde(default)]
    assistant_id: Option<String>,
    #[serde(default)]
    expires_in_days: Option<i32>,
    #[serde(default)]
    requests_per_minute: Option<i32>,
}

#[derive(Serialize)]
struct CreatedApiKey {
    api_key: ApiKeyBody,
    key: String,
}

pub(crate) async fn list_api_keys(call: Call) -> Result<Response> {
    let page = api_key::list_api_keys(call.cx()?, call.page()?).await?;
    api::ok(&wire::list::<_, ApiKeyBody>("api_keys", &page))
}

pub(crate) async fn create_api_key(mut call: Call) -> Result<Response> {
    let body: CreateApiKey = call.json().await?;
    let assistant: Option<AssistantId> = body.assistant_id.map(|id| id.parse()).transpose()?;
    let new = NewApiKey {
        assistant,
        name: &body.name,
        scopes: &body.scopes,
        expires_in_days: body.expires_in_days,
        requests_per_minute: body.requests_per_minute,
    };
    let (listed, key) = api_key::create_api_key(call.cx()?, &new).await?;
    // No idempotency key here: the kept answer would hold the secret.
    let location = format!("/api/v1/api-keys/{}", listed.id);
    api::created(&location, &CreatedApiKey { api_key: ApiKeyBody::from(&listed), key })
}

pub(crate) async fn revoke_api_key(call: Call) -> Result<Response> {
    let key: ApiKeyId = call.param("api_key_id")?;
    api_key::revoke_api_key(call.cx()?, key).await?;
    api::no_content()
}
