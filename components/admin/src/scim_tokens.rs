//! The SCIM tokens of directories.

use api::{Call, CallWith, CreatedJson, List, NoContent, wire};
use contract::Schema;
use credentials::scim_token::{self, ScimToken};
use kernel::{Result, Timestamp};
use serde::{Deserialize, Serialize};

/// A token that a directory shows to the SCIM routes.
#[derive(Schema, Serialize)]
#[schema(name = "ScimToken", list = "scim_tokens")]
pub(crate) struct TokenBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    #[schema(as = Uuid)]
    created_by: String,
    /// To the minute.
    #[schema(as = DateTime)]
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

#[derive(Schema, Serialize)]
#[schema(name = "NewScimToken")]
pub(crate) struct NewTokenBody {
    scim_token: TokenBody,
    /// What the directory sends as bearer token; shown only here.
    secret: String,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(name = "CreateScimToken")]
pub(crate) struct CreateToken {
    #[schema(length(min = 1, max = 100))]
    name: String,
}

pub(crate) async fn list_scim_tokens(call: Call) -> Result<List<TokenBody>> {
    let page = scim_token::list_tokens(call.cx()?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_scim_token(
    mut call: CallWith<CreateToken>,
) -> Result<CreatedJson<NewTokenBody>> {
    let body: CreateToken = call.json().await?;
    // No idempotency key here: the recorded response would hold the secret.
    let made = scim_token::create_token(call.cx()?, &body.name).await?;
    let location = format!("/api/v1/admin/scim-tokens/{}", made.token.id);
    api::created(
        &location,
        &NewTokenBody { scim_token: TokenBody::from(&made.token), secret: made.secret },
    )
}

pub(crate) async fn delete_scim_token(call: Call) -> Result<NoContent> {
    scim_token::revoke_token(call.cx()?, call.param("scim_token_id")?).await?;
    api::no_content()
}
