//! The tokens that directories show to SCIM.

use api::{Call, Response, wire};
use credentials::scim_token::{self, ScimToken};
use kernel::{Result, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct TokenBody {
    id: String,
    name: String,
    created_by: String,
    last_used_at: Option<String>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
}

impl From<&ScimToken> for TokenBody {
    fn from(token: &ScimToken) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.clone(),
            created_by: token.created_by.to_string(),
            last_used_at: token.last_used_at.map(|at| at.to_string()),
            created_at: token.created_at,
        }
    }
}

#[derive(Serialize)]
struct NewTokenBody {
    scim_token: TokenBody,
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateToken {
    name: String,
}

pub(crate) async fn list_scim_tokens(call: Call) -> Result<Response> {
    let page = scim_token::list_tokens(call.cx()?, call.page()?).await?;
    api::ok(&wire::list::<_, TokenBody>("scim_tokens", &page))
}

pub(crate) async fn create_scim_token(mut call: Call) -> Result<Response> {
    let body: CreateToken = call.json().await?;
    // No idempotency key here: the kept answer would hold the secret.
    let made = scim_token::create_token(call.cx()?, &body.name).await?;
    let location = format!("/api/v1/admin/scim-tokens/{}", made.token.id);
    api::created(&location, &NewTokenBody { scim_token: TokenBody::from(&made.token), secret: made.secret })
}

pub(crate) async fn delete_scim_token(call: Call) -> Result<Response> {
    scim_token::revoke_token(call.cx()?, call.param("scim_token_id")?).await?;
    api::no_content()
}
