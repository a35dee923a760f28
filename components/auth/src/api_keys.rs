//! The caller's own API keys.

use api::{Call, CallWith, CreatedJson, List, NoContent, wire};
use contract::Schema;
use credentials::api_key::{self, ApiKeyInfo, NewApiKey};
use kernel::{
    Result, Timestamp,
    id::{ApiKeyId, AssistantId},
};
use serde::{Deserialize, Serialize};

/// An API key, as its owner sees it afterwards.
#[derive(Schema, Serialize)]
#[schema(list = "api_keys")]
pub(crate) struct ApiKeyBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    /// How the key begins.
    prefix: String,
    #[schema(as = wire::ScopeName)]
    scopes: Vec<String>,
    /// The one assistant that the key opens; null: all that its owner may.
    #[schema(as = Uuid)]
    assistant_id: Option<String>,
    /// Null as well where the owner can no longer use the assistant: the key then opens nothing.
    assistant_name: Option<String>,
    requests_per_minute: i32,
    #[schema(as = DateTime)]
    expires_at: Option<String>,
    #[schema(as = DateTime)]
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

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateApiKey {
    #[schema(length(min = 1, max = 100))]
    name: String,
    #[schema(as = wire::ScopeName, length(min = 1))]
    scopes: Vec<String>,
    /// Makes a key that sees and asks this assistant and opens nothing else; its scopes are
    /// `assistants:read`, `chat` and `assistants:use`. Unknown to the caller: 404.
    #[serde(default)]
    #[schema(as = Uuid)]
    assistant_id: Option<String>,
    /// Null: no end.
    #[serde(default)]
    #[schema(range(min = 1, max = 3650))]
    expires_in_days: Option<i32>,
    /// 600 where it is absent.
    #[serde(default)]
    #[schema(range(min = 1, max = 100000))]
    requests_per_minute: Option<i32>,
}

#[derive(Schema, Serialize)]
pub(crate) struct CreatedApiKey {
    api_key: ApiKeyBody,
    /// The secret; shown only here.
    key: String,
}

pub(crate) async fn list_api_keys(call: Call) -> Result<List<ApiKeyBody>> {
    let page = api_key::list_api_keys(call.cx()?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_api_key(
    mut call: CallWith<CreateApiKey>,
) -> Result<CreatedJson<CreatedApiKey>> {
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
    // No idempotency key here: the recorded response would hold the secret.
    let location = format!("/api/v1/api-keys/{}", listed.id);
    api::created(&location, &CreatedApiKey { api_key: ApiKeyBody::from(&listed), key })
}

pub(crate) async fn revoke_api_key(call: Call) -> Result<NoContent> {
    let key: ApiKeyId = call.param("api_key_id")?;
    api_key::revoke_api_key(call.cx()?, key).await?;
    api::no_content()
}
